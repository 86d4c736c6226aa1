//! A browser, as far as a sign-in sees one: cookies by `SameSite`, and the headers of `Sec-Fetch`.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Request, Response};

use crate::common::send;

/// A browser with this application and the pool's own pages in reach. A clone has its own cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    app: Router,
    pool: Router,
    cookies: BTreeMap<String, Cookie>,
    pool_cookies: BTreeMap<String, Cookie>,
}

#[derive(Clone)]
struct Cookie {
    value: String,
    is_strict: bool,
}

/// Who lets the browser send a request.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum From {
    /// The application's own pages.
    Here,
    /// A link of another site.
    Elsewhere,
}

impl Browser {
    pub(crate) fn new(app: Router, pool: Router) -> Self {
        Self { app, pool, cookies: BTreeMap::new(), pool_cookies: BTreeMap::new() }
    }

    /// The same browser before another process of the application.
    pub(crate) fn at(&self, app: Router) -> Self {
        Self { app, ..self.clone() }
    }

    /// Goes to a page of the application.
    pub(crate) async fn go(&mut self, path: &str, from: From) -> Response<String> {
        let site = if from == From::Here { "same-origin" } else { "cross-site" };
        let request = Request::get(path)
            .header("accept", "text/html,application/xhtml+xml")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-site", site);
        self.send(request.body(Body::empty()).expect("a request"), from).await
    }

    /// A call of the page's own script.
    pub(crate) async fn fetch(&mut self, method: &str, path: &str) -> Response<String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-dest", "empty")
            .header("sec-fetch-site", "same-origin")
            .header("origin", super::ADDRESS);
        self.send(request.body(Body::empty()).expect("a request"), From::Here).await
    }

    /// Presses a button of a form that the page at `origin` has.
    pub(crate) async fn submit(&mut self, path: &str, origin: &str) -> Response<String> {
        let is_own = origin == super::ADDRESS;
        let request = Request::post(path)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-site", if is_own { "same-origin" } else { "cross-site" })
            .header("origin", origin);
        let from = if is_own { From::Here } else { From::Elsewhere };
        self.send(request.body(Body::empty()).expect("a request"), from).await
    }

    /// Sends a request with this browser's cookies, and keeps what the answer sets.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<Body>,
        from: From,
    ) -> Response<String> {
        let is_safe = request.method().is_safe();
        let is_sent = |cookie: &&Cookie| from == From::Here || (is_safe && !cookie.is_strict);
        add_cookies(&mut request, &self.cookies, is_sent);
        let response = send::send(self.app.clone(), request).await;
        keep_cookies(&response, &mut self.cookies);
        response
    }

    /// Goes to the sign-in as a link of the application does, through the pool's page and back.
    /// Returns the answer of the callback.
    pub(crate) async fn sign_in(&mut self, path: &str) -> Response<String> {
        let way = self.go_to_pool(path).await;
        let back = self.at_pool(&way).await;
        self.go(&back, From::Elsewhere).await
    }

    /// Goes to the sign-in. Returns the address at the pool that it leads to.
    pub(crate) async fn go_to_pool(&mut self, path: &str) -> String {
        let response = self.go(path, From::Here).await;
        assert_eq!(response.status(), 303, "{}", response.body());
        location(&response)
    }

    /// Goes to a page of the pool that signs in at once. Returns the path of the callback.
    pub(crate) async fn at_pool(&mut self, url: &str) -> String {
        let uri: http::Uri = url.parse().expect("an address");
        let path = uri.path_and_query().expect("a path").as_str();
        let mut request = Request::get(path).body(Body::empty()).expect("a request");
        add_cookies(&mut request, &self.pool_cookies, |_| true);
        let response = send::send(self.pool.clone(), request).await;
        assert_eq!(response.status(), 302, "{}", response.body());
        keep_cookies(&response, &mut self.pool_cookies);
        let back: http::Uri = location(&response).parse().expect("an address");
        back.path_and_query().expect("a path").as_str().to_owned()
    }

    /// The names of the application's cookies.
    pub(crate) fn cookie_names(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }

    /// The value of a cookie of the application.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(|cookie| cookie.value.as_str())
    }

    /// Puts a cookie into the browser, as somebody at its keyboard can.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        let cookie = Cookie { value: value.to_owned(), is_strict: false };
        self.cookies.insert(name.to_owned(), cookie);
    }

    /// The name and value of the session's cookie.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookie(super::SESSION_COOKIE).map(str::to_owned)
    }
}

/// The value of `Location`.
pub(crate) fn location(response: &Response<String>) -> String {
    let location = response.headers().get(LOCATION).expect("a location");
    location.to_str().expect("text").to_owned()
}

/// The values of `Set-Cookie`.
pub(crate) fn set_cookies(response: &Response<String>) -> Vec<&str> {
    let values = response.headers().get_all(SET_COOKIE).iter();
    values.map(|value| value.to_str().expect("text")).collect()
}

fn add_cookies(
    request: &mut Request<Body>,
    cookies: &BTreeMap<String, Cookie>,
    is_sent: impl Fn(&&Cookie) -> bool,
) {
    let sent = cookies.iter().filter(|(_, cookie)| is_sent(cookie));
    let pairs: Vec<_> = sent.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
    if !pairs.is_empty() {
        let value = pairs.join("; ").parse().expect("cookies");
        request.headers_mut().insert(COOKIE, value);
    }
}

fn keep_cookies(response: &Response<String>, cookies: &mut BTreeMap<String, Cookie>) {
    for line in set_cookies(response) {
        let (pair, attributes) = line.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a name and a value");
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
            continue;
        }
        let is_strict = attributes.contains("SameSite=Strict");
        cookies.insert(name.to_owned(), Cookie { value: value.to_owned(), is_strict });
    }
}
