//! The regions of AWS: their shape and their names in DNS.

/// Whether this has the shape of a region: words of lower-case letters and a number, like
/// `us-gov-west-1`. The list of regions is AWS's.
pub(crate) fn is_region(region: &str) -> bool {
    let Some((words, number)) = region.rsplit_once('-') else { return false };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && words.contains('-') && words.split('-').all(is_word)
}

/// The DNS suffix of the region's partition, from AWS's table of partitions.
pub(crate) fn dns_suffix(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_of_every_partition_have_the_shape() {
        for region in
            ["us-east-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-7", "mx-central-1"]
        {
            assert!(is_region(region), "{region}");
        }
        for region in [
            "",
            "us",
            "us-east",
            "us-east-",
            "-east-1",
            "us--1",
            "US-east-1",
            "us-east-1a",
            "us-1",
            "local",
        ] {
            assert!(!is_region(region), "{region}");
        }
    }
}
