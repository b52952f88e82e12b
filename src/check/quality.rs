//! What a line is worth to a voice: two estimates of the mean opinion score (1 to 5) from round trips and loss.
//!
//! Both are models of telephony fed with ICMP round trips, so they rank lines and promise nothing to a listener. [`Slac`]
//! is the recipe of the PingER project (SLAC) that `check_icmp` -M and -S use; [`G107`] is the E-model of ITU-T G.107 in
//! the reduction of Cole and Rosenbluth (2001), for G.711 with loss concealment.

/// From R to MOS (ITU-T G.107 (2015), annex B): 1 below R = 0, 4.5 above 100.
fn mos(r: f64) -> f64 {
    if r <= 0.0 {
        1.0
    } else if r >= 100.0 {
        4.5
    } else {
        // The polynomial dips below 1 for R under 6.5.
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
    }
}

/// What both models are fed with.
#[derive(Clone, Copy, Debug)]
struct Line {
    rtt_ms: f64,
    jitter_ms: f64,
    loss_percent: f64,
}

/// SLAC's recipe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slac {
    /// R, 0 to 93.2: `check_icmp`'s score.
    pub score: f64,
    /// 1 to 4.4.
    pub mos: f64,
}

impl Slac {
    /// Mean round-trip time and mean |difference| of successive ones in milliseconds, loss in per cent.
    ///
    /// The effective latency is the round-trip time, twice the jitter and 10 ms; R falls by a fortieth of it (from 160 ms
    /// on by a tenth of what exceeds 120) and by 2.5 for each per cent lost.
    #[must_use]
    pub fn of(rtt_ms: f64, jitter_ms: f64, loss_percent: f64) -> Slac {
        let line = Line { rtt_ms, jitter_ms, loss_percent };
        let effective = line.rtt_ms + 2.0 * line.jitter_ms + 10.0;
        let delay = if effective < 160.0 { effective / 40.0 } else { (effective - 120.0) / 10.0 };
        let score = (93.2 - delay - 2.5 * line.loss_percent).max(0.0);
        Slac { score, mos: mos(score) }
    }
}

/// The E-model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct G107 {
    /// Transmission rating, at most 93.2.
    pub r: f64,
    /// 1 to 4.4.
    pub mos: f64,
}

impl G107 {
    /// As [`Slac::of`]; `burst` is the mean length of a run of losses (1 where nothing was lost).
    ///
    /// One way takes half a round trip, and a buffer of twice the jitter waits at its end. `R = 93.2 − Id − Ie,eff`;
    /// `Id = 0.024·d + 0.11·(d − 177.3)` (the second term from 177.3 ms on); `Ie,eff = 95·Ppl / (Ppl/BurstR + 25.1)`
    /// (G.107 §7.2 with Ie = 0 and Bpl = 25.1 of G.113 for G.711 with concealment); BurstR is the length of a run
    /// over 1/(1 − p), what it would be were losses independent, and not less than 1.
    #[must_use]
    pub fn of(rtt_ms: f64, jitter_ms: f64, loss_percent: f64, burst: f64) -> G107 {
        let line = Line { rtt_ms, jitter_ms, loss_percent };
        let one_way = line.rtt_ms / 2.0 + 2.0 * line.jitter_ms;
        let delay = 0.024 * one_way + 0.11 * (one_way - 177.3).max(0.0);
        let burst_ratio = (burst * (1.0 - line.loss_percent / 100.0)).max(1.0);
        let loss = 95.0 * line.loss_percent / (line.loss_percent / burst_ratio + 25.1);
        let r = 93.2 - delay - loss;
        G107 { r, mos: mos(r) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 5e-3, "{got} is not {want}");
    }

    #[test]
    fn slac_is_what_check_icmp_prints() {
        // The figures of check_icmp -S -M for such lines (its MOS has one decimal).
        let perfect = Slac::of(0.036, 0.01, 0.0);
        near(perfect.score, 92.949);
        near(perfect.mos, 4.403);
        // 200 ms, 10 ms of jitter, 5 % loss: effective 230; 93.2 − 11 − 12.5 = 69.7.
        let poor = Slac::of(200.0, 10.0, 5.0);
        near(poor.score, 69.7);
        near(poor.mos, 3.583);
        assert_eq!(Slac::of(100.0, 0.0, 60.0), Slac { score: 0.0, mos: 1.0 });
    }

    #[test]
    fn the_two_pieces_of_slac_meet_at_160() {
        near(Slac::of(149.999_999, 0.0, 0.0).score, 89.2);
        near(Slac::of(150.0, 0.0, 0.0).score, 89.2);
    }

    #[test]
    fn g107_by_hand() {
        let perfect = G107::of(0.0, 0.0, 0.0, 1.0);
        near(perfect.r, 93.2);
        near(perfect.mos, 4.409);
        // d = 100: Id = 2.4; 5 % lost one by one: 95·5/(5 + 25.1) = 15.781.
        near(G107::of(200.0, 0.0, 5.0, 1.0).r, 93.2 - 2.4 - 15.781);
        // d = 200: Id = 4.8 + 0.11·22.7.
        near(G107::of(400.0, 0.0, 0.0, 1.0).r, 93.2 - 4.8 - 2.497);
        // The same loss in runs of 4 is worse: BurstR = 3.8.
        near(G107::of(0.0, 0.0, 5.0, 4.0).r, 93.2 - 95.0 * 5.0 / (5.0 / 3.8 + 25.1));
        assert!(G107::of(0.0, 0.0, 100.0, 5.0).mos < 1.2, "nothing gets through, nobody is content");
    }

    #[test]
    fn a_score_is_between_one_and_four_and_a_half() {
        let mut last = 0.0;
        for r in 0..=1000 {
            let now = mos(f64::from(r) / 10.0);
            assert!((1.0..=4.5).contains(&now) && now >= last, "{r}: {now} after {last}");
            last = now;
        }
    }
}
