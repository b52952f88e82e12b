"""The parts of benches/peers: the lab, the commands compared, and one file for each section."""
