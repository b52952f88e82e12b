//! Tables of what command lines mean.
