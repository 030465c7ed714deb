//! Paths of channels, and what may be subscribed to.
//!
//! "Understanding channel namespaces", Events guide: one to five segments of letters, digits and hyphens; the first is the
//! namespace. A subscription may end with `/*`.

use crate::limits::{SEGMENT_CHARACTERS, SEGMENTS};

/// A channel, for example `/news/sport`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    segments: Vec<String>,
}

/// What is subscribed to: a channel, or with `/*` at the end every channel below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    channel: Channel,
    below: bool,
}

impl Channel {
    /// Reads a path, with or without `/` at the beginning and the end; `None` where it is none.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<String> = path.split('/').take(SEGMENTS + 1).map(str::to_owned).collect();
        (segments.len() <= SEGMENTS && segments.iter().all(|segment| is_segment(segment))).then_some(Self { segments })
    }

    /// With `/` at the beginning, and none at the end.
    pub fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// Its parts.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Its first part.
    pub fn namespace(&self) -> &str {
        self.segments.first().expect("a path has a segment at least")
    }

    /// The path of each [`Pattern`] that has this channel.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let above = (1..self.segments.len()).map(|length| format!("/{}/*", self.segments[..length].join("/")));
        above.chain([self.path()]).collect()
    }
}

impl Pattern {
    /// Reads what a subscription names; `None` where it is neither a channel nor one with `/*`.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let above = path.strip_suffix("/*");
        Some(Self { channel: Channel::parse(above.unwrap_or(path))?, below: above.is_some() })
    }

    /// With `/` at the beginning, and `/*` at the end where it has it.
    pub fn path(&self) -> String {
        self.channel.path() + if self.below { "/*" } else { "" }
    }

    /// Its parts, `*` among them.
    pub fn segments(&self) -> Vec<&str> {
        let own = self.channel.segments.iter().map(String::as_str);
        own.chain(self.below.then_some("*")).collect()
    }

    /// Its first part.
    pub fn namespace(&self) -> &str {
        self.channel.namespace()
    }
}

fn is_segment(text: &str) -> bool {
    (1..=SEGMENT_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_one_to_five_segments() {
        let (longest, longer) = ("a".repeat(50), "a".repeat(51));
        let cases = [
            ("/news", Some("/news")),
            ("news/Sport-1/", Some("/news/Sport-1")),
            ("/a/b/c/d/e", Some("/a/b/c/d/e")),
            (&*longest, Some(&*format!("/{longest}"))),
            ("/a/b/c/d/e/f", None),
            (&*longer, None),
            ("", None),
            ("/", None),
            ("//a", None),
            ("/a//b", None),
            ("/a/*", None),
            ("/-a", None),
            ("/a-", None),
            ("/a_b", None),
            ("/ä", None),
        ]
        .map(|(path, expected)| (path.to_owned(), expected.map(str::to_owned)));
        for (path, expected) in cases {
            assert_eq!(Channel::parse(&path).map(|channel| channel.path()), expected, "{path}");
        }
        assert!(Channel::parse(&"/".repeat(1_000_000)).is_none());
    }

    #[test]
    fn patterns_have_the_channels_below_them_and_no_other() {
        let cases = [
            ("/news/sport", "/news/sport", true),
            ("/news/sport", "/news/Sport", false),
            ("/news/sport", "/news/sport/tennis", false),
            ("news/*", "/news/sport", true),
            ("/news/*/", "/news/sport/tennis", true),
            ("/news/sport/*", "/news/sport/tennis", true),
            // Whether the channel itself is among those below it, the guide does not say [M].
            ("/news/sport/*", "/news/sport", false),
            ("/news/sport/*", "/news/sports", false),
            ("/news/*", "/new/sport", false),
        ];
        for (pattern, channel, expected) in cases {
            let path = Pattern::parse(pattern).expect(pattern).path();
            let has = Channel::parse(channel).expect(channel).patterns().contains(&path);
            assert_eq!(has, expected, "{pattern} and {channel}");
        }
        for wrong in ["*", "/*", "/news*", "/news/*/sport", "/news/**", "/a/b/c/d/e/f/*"] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Pattern::parse("news/a/*").expect("a pattern").segments(), ["news", "a", "*"]);
    }
}
