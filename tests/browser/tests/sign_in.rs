//! What a person with a browser sees of `examples/web_app`.

mod site;
#[expect(dead_code, reason = "its `main`")]
#[path = "../../../examples/web_app/main.rs"]
mod web_app;

use std::time::Duration;

use browser::Failure;

use self::site::{choose, test};

const SESSION: &str = "__Host-Http-session";

#[test]
fn a_person_signs_in_and_sees_the_page_that_was_asked_for() {
    test(
        "sign_in",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/")).await?;
            page.wait_for("This page is for everybody").await?;
            page.go(&site.url("/account?from=a+link")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            expect(&page.url().await?, &site.url("/account?from=a+link"))?;
            let text = page.text().await?;
            holds(&text, "Alice Adams")?;
            holds(&text, "admins")?;
            page.click("#ask").await?;
            page.wait_for("You are alice.").await
        },
    );
}

#[test]
fn the_browser_has_one_small_cookie_that_no_script_reads_and_no_token() {
    test(
        "cookies",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            let cookies = page.cookies().await?;
            let [cookie] = &cookies[..] else {
                return Err(Failure::new(format_args!("{cookies:?}")));
            };
            expect(&cookie.name, SESSION)?;
            expect(&cookie.same_site, "Strict")?;
            let length = cookie.name.len() + 1 + cookie.value.len();
            if !cookie.is_secure || !cookie.is_http_only || length > 65 {
                return Err(Failure::new(format_args!("{length} bytes: {cookie:?}")));
            }
            let seen = page
            .run("return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
            .await?;
            expect(seen.as_str().unwrap_or_default(), "{}{}")?;
            let source = page.source().await?;
            // How every token begins.
            if source.contains("eyJ") { Err(Failure::new("a token in the page")) } else { Ok(()) }
        },
    );
}

#[test]
fn an_expired_token_is_renewed_and_the_person_sees_nothing_of_it() {
    test(
        "renewal",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            let visits = site.pool.authorize_requests();
            site.pool.clock().advance(Duration::from_secs(400));
            page.click("#ask").await?;
            page.wait_for("You are alice.").await?;
            // Two tabs at once, both with an expired token.
            let renewals = site.pool.token_requests();
            site.pool.clock().advance(Duration::from_secs(400));
            let first = page.open_tab().await?;
            let (one, two) =
                ("location.href = '/account'", "return fetch('/api/me').then(a => a.status)");
            page.go(&site.url("/")).await?;
            page.run(one).await?;
            let second = page.switch_to(&first).await?;
            let status = page.run(two).await?;
            expect(&status.to_string(), "200")?;
            page.switch_to(&second).await?;
            page.wait_for("Your account").await?;
            expect(&(site.pool.token_requests() - renewals).to_string(), "1")?;
            expect(&site.pool.authorize_requests().to_string(), &visits.to_string())
        },
    );
}

#[test]
fn after_a_sign_out_the_button_back_shows_nothing_and_the_other_tab_knows() {
    test(
        "sign_out",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            let first = page.open_tab().await?;
            page.go(&site.url("/account")).await?;
            page.wait_for("Your account").await?;
            page.click("header button").await?;
            // Over Cognito's own sign-out, and back to the start.
            page.wait_for("This page is for everybody").await?;
            expect(&page.cookies().await?.len().to_string(), "0")?;
            page.back().await?;
            site.shows_choice().await?;
            // The page asks who is signed in when it is seen again.
            page.switch_to(&first).await?;
            site.shows_choice().await
        },
    );
}

#[test]
fn a_sign_in_that_was_ended_elsewhere_is_over_at_the_next_click() {
    test(
        "revocation",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("bob").await?;
            page.wait_for("Bob Brown").await?;
            let ended = site
                .revocations
                .end_user(site.pool.user_pool().id(), site.pool.sub_of("bob"))
                .await;
            ended.map_err(Failure::new)?;
            page.click("#ask").await?;
            // Cognito still knows the browser: what was ended is the sign-in of before.
            site.pool.clock().advance(Duration::from_secs(1));
            site.shows_choice().await
        },
    );
}

#[test]
fn signing_out_everywhere_ends_the_session_of_another_browser() {
    test(
        "everywhere",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("bob").await?;
            page.wait_for("Bob Brown").await?;
            let other = site.driver.open().await?;
            other.go(&site.url("/account")).await?;
            choose(&other, "bob").await?;
            other.wait_for("Bob Brown").await?;
            site.pool.clock().advance(Duration::from_secs(1));
            page.click("main form button").await?;
            page.wait_for("This page is for everybody").await?;
            other.reload().await?;
            let text = other.text().await?;
            other.close().await?;
            if text.contains("Bob Brown") { Err(Failure::new("still signed in")) } else { Ok(()) }
        },
    );
}

#[test]
fn a_page_for_admins_asks_to_sign_in_afresh_and_shows_itself_then() {
    test(
        "step_up",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/admin")).await?;
            site.choose("alice").await?;
            page.wait_for("Administration").await?;
            page.wait_for("within the last minute").await?;
            site.pool.clock().advance(Duration::from_secs(90));
            page.go(&site.url("/admin")).await?;
            site.choose("alice").await?;
            page.wait_for("within the last minute").await
        },
    );
}

#[test]
fn a_link_of_another_site_goes_by_the_sign_in_where_cookies_are_strict() {
    test(
        "strict",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            let visits = site.pool.authorize_requests();
            page.go(&site.other_site("/")).await?;
            page.click("#link").await?;
            page.wait_for("Alice Adams").await?;
            expect(&page.url().await?, &site.url("/account"))?;
            expect(&(site.pool.authorize_requests() - visits).to_string(), "1")
        },
    );
}

#[test]
fn a_link_of_another_site_goes_straight_on_where_cookies_are_lax() {
    test(
        "lax",
        |sign_in| sign_in.lax(),
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            let visits = site.pool.authorize_requests();
            page.go(&site.other_site("/")).await?;
            page.click("#link").await?;
            page.wait_for("Alice Adams").await?;
            expect(&site.pool.authorize_requests().to_string(), &visits.to_string())?;
            let cookies = page.cookies().await?;
            expect(
                &cookies.iter().map(|cookie| cookie.same_site.as_str()).collect::<String>(),
                "Lax",
            )
        },
    );
}

#[test]
fn every_page_passes_an_accessibility_check() {
    test(
        "accessibility",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/admin")).await?;
            site.choose("alice").await?;
            page.wait_for("within the last minute").await?;
            // A page that fails, so that the check is known to see something.
            page.go(&site.other_site("/")).await?;
            let problems = page.run(ACCESSIBILITY).await?.to_string();
            holds(&problems, "not one main part")?;
            holds(&problems, "contrast 1.2: Win")?;
            for scheme in ["light", "dark"] {
                page.prefer(scheme).await?;
                for path in
                    ["/", "/account", "/admin", "/auth/callback?code=a", "/auth/sign-in?to=//a"]
                {
                    page.go(&site.url(path)).await?;
                    let problems = page.run(ACCESSIBILITY).await?;
                    if problems.as_array().is_none_or(|problems| !problems.is_empty()) {
                        return Err(Failure::new(format_args!("{path}, {scheme}: {problems}")));
                    }
                }
            }
            Ok(())
        },
    );
}

/// What WCAG 2.2 asks of a page and a program can tell: a language (3.1.1), a title (2.4.2), one main
/// part and one first heading (1.3.1), names of all that is operated (4.1.2), a target of 24 pixels
/// (2.5.8, but for links in text), and a contrast of 4.5 to 1 (1.4.3).
const ACCESSIBILITY: &str = r#"
const problems = [];
const need = (met, what) => { if (!met) problems.push(what); };
need(document.documentElement.lang, "no language");
need(document.title.trim(), "no title");
need(document.querySelectorAll("main").length === 1, "not one main part");
need(document.querySelectorAll("h1").length === 1, "not one first heading");
need(document.querySelector('meta[name="viewport"]'), "no viewport");
for (const element of document.querySelectorAll("a, button, input, select, textarea")) {
  const name = element.textContent.trim() || element.getAttribute("aria-label")
    || (element.labels && element.labels.length && element.labels[0].textContent.trim());
  need(name, `no name: ${element.outerHTML}`);
  const box = element.getBoundingClientRect();
  const small = box.height < 24 || box.width < 24;
  need(element.tagName === "A" || !small, `too small: ${element.outerHTML}`);
}
for (const image of document.images) need(image.hasAttribute("alt"), "an image without text");
const parse = (color) => color.match(/[\d.]+/g).map(Number);
const light = (color) => {
  const [red, green, blue] = parse(color).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
  for (let own = element; own; own = own.parentElement) {
    const color = getComputedStyle(own).backgroundColor;
    const alpha = parse(color)[3];
    if (alpha === undefined || alpha > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
  const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  need(contrast >= 4.5, `contrast ${contrast.toFixed(1)}: ${texts.currentNode.data.trim()}`);
}
return problems;
"#;

#[test]
fn another_site_signs_nobody_out() {
    test(
        "csrf",
        |sign_in| sign_in,
        async |site| {
            let page = site.browser();
            page.go(&site.url("/account")).await?;
            site.choose("alice").await?;
            page.wait_for("Your account").await?;
            page.go(&site.other_site("/")).await?;
            page.click("#sign-out").await?;
            page.wait_for("You are still signed in").await?;
            page.go(&site.url("/account")).await?;
            page.wait_for("Alice Adams").await
        },
    );
}

fn expect(found: &str, expected: &str) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format_args!("{found:?} should be {expected:?}")))
}

fn holds(text: &str, part: &str) -> Result<(), Failure> {
    if text.contains(part) {
        Ok(())
    } else {
        Err(Failure::new(format_args!("no {part:?} in {text:?}")))
    }
}
