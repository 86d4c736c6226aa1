//! The day that the fleet lives: what happens to its endpoint and its tokens, and when.

use std::ops::Range;

pub(crate) const HOUR: usize = 3600;

pub(crate) const DAY: usize = 24 * HOUR;

pub(crate) const REMOVAL: usize = 6 * HOUR;

pub(crate) const ROTATION: usize = 10 * HOUR;

pub(crate) const OUTAGE: Range<usize> = 14 * HOUR..16 * HOUR;

pub(crate) const FLOOD: Range<usize> = 20 * HOUR..20 * HOUR + 120;

/// When the instances look at every token again, whatever their keys' age.
pub(crate) const EVENTS: [usize; 6] =
    [REMOVAL, ROTATION, OUTAGE.start, OUTAGE.end, FLOOD.start, FLOOD.end];
