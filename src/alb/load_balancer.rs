use std::fmt;
use std::str::FromStr;

use crate::ConfigError;
use crate::pool::{region, url};

const MAX_NAME_LENGTH: usize = 32;
const ACCOUNT_LENGTH: usize = 12;

/// An Application Load Balancer: its ARN, and where its public keys are read.
///
/// ```
/// use axum_cognito::LoadBalancer;
///
/// let load_balancer = LoadBalancer::new(
///     "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
/// )?;
/// assert_eq!(load_balancer.region(), "eu-west-1");
/// assert_eq!(load_balancer.key_url(), "https://public-keys.auth.elb.eu-west-1.amazonaws.com");
/// # Ok::<(), axum_cognito::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    arn: String,
    key_url: String,
    allow_http: bool,
}

impl LoadBalancer {
    /// The load balancer with this ARN. Its keys are read from the endpoint of its region.
    ///
    /// That is `https://public-keys.auth.elb.<region>.amazonaws.com`, and a bucket of S3 in
    /// GovCloud. In China and in the EU sovereign cloud it is the same name under the DNS suffix of
    /// the partition, which AWS's page on this does not mention: see
    /// [`with_key_url`](Self::with_key_url).
    ///
    /// # Errors
    ///
    /// [`ConfigError::LoadBalancerArn`] if this is not the ARN of an Application Load Balancer.
    ///
    /// Source: [Authenticate users using an Application Load Balancer][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    pub fn new(arn: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::LoadBalancerArn { arn: arn.to_owned() };
        let key_url = key_url(region_of(arn).ok_or_else(wrong)?);
        Ok(Self { arn: arn.to_owned(), key_url, allow_http: false })
    }

    /// Says where the keys are read: each at `<url>/<kid>`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`] if this is not an absolute http or https URL without query and
    /// fragment, [`ConfigError::InsecureUrl`] if it is http to a host that is not loopback.
    pub fn with_key_url(mut self, url: &str) -> Result<Self, ConfigError> {
        url::check(url, "the address of a load balancer's keys", self.allow_http)?;
        url.trim_end_matches('/').clone_into(&mut self.key_url);
        Ok(self)
    }

    /// Lets the calls after this one take http URLs of any host.
    ///
    /// Anyone who can tamper with the response can choose the keys, and so who gets in: only for an
    /// emulator in a network of your own.
    #[must_use]
    pub fn danger_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// The ARN, as in `signer` of what the load balancer signs.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The region, like `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        region_of(&self.arn).unwrap_or_default()
    }

    /// Where the keys are read, without the key's id.
    #[must_use]
    pub fn key_url(&self) -> &str {
        &self.key_url
    }
}

impl FromStr for LoadBalancer {
    type Err = ConfigError;

    fn from_str(arn: &str) -> Result<Self, ConfigError> {
        Self::new(arn)
    }
}

impl fmt::Display for LoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

fn key_url(region: &str) -> String {
    if region.starts_with("us-gov-") {
        return format!("https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}");
    }
    format!("https://public-keys.auth.elb.{region}.{}", region::dns_suffix(region))
}

/// The region of `arn:<partition>:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>`.
fn region_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let [scheme, partition, service, region, account, resource] =
        std::array::from_fn(|_| parts.next().unwrap_or_default());
    let is_arn = scheme == "arn" && is_partition(partition) && parts.next().is_none();
    let is_account =
        account.len() == ACCOUNT_LENGTH && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_own = service == "elasticloadbalancing" && is_application_load_balancer(resource);
    (is_arn && is_account && is_own && region::is_region(region)).then_some(region)
}

/// `aws`, `aws-cn`, `aws-us-gov`, …
fn is_partition(partition: &str) -> bool {
    let mut words = partition.split('-');
    words.next() == Some("aws")
        && words.all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// `loadbalancer/app/<name>/<id>`: the network and gateway load balancers authenticate nobody.
fn is_application_load_balancer(resource: &str) -> bool {
    let Some(rest) = resource.strip_prefix("loadbalancer/app/") else { return false };
    let Some((name, id)) = rest.split_once('/') else { return false };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_name = (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.bytes().all(in_name);
    is_name && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
