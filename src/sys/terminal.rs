//! How wide a terminal is (`ioctl_tty(2)`).

use std::os::fd::{AsFd, AsRawFd};

/// Columns of the terminal behind a descriptor; `None` where there is none, or it does not say.
#[must_use]
pub fn columns(fd: impl AsFd) -> Option<u16> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    let at: *mut libc::winsize = &mut size;
    // SAFETY: TIOCGWINSZ fills one winsize, which `at` points to, or fails and leaves it alone.
    let r = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCGWINSZ, at) };
    (r == 0 && size.ws_col > 0).then_some(size.ws_col)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_columns() {
        assert_eq!(columns(std::fs::File::open("/dev/null").unwrap()), None);
    }
}
