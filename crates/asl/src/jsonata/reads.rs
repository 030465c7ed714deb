//! Which members of `$states` an expression may read, judged by its text: converting the others would cost as much as they
//! are large, for every expression of every state.

/// See the module's header.
pub(super) struct Reads<'a> {
    /// The members; `None` for any.
    members: Option<Vec<&'a str>>,
    /// Of `$states.context` only `Map` is read.
    pub(super) only_map: bool,
}

impl<'a> Reads<'a> {
    /// What an expression may read. `$states` without a plain member name after it may become anything.
    pub(super) fn of(source: &'a str) -> Self {
        let (mut members, mut only_map) = (Vec::new(), true);
        for (place, name) in source.match_indices("$states") {
            let Some((member, rest)) = member(&source[place + name.len()..]) else {
                return Self { members: None, only_map: false };
            };
            only_map &= member != "context" || self::member(rest).is_some_and(|(next, _)| next == "Map");
            members.push(member);
        }
        Self { members: Some(members), only_map }
    }

    /// Whether it may read this member.
    pub(super) fn reads(&self, member: &str) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(&member))
    }
}

/// The name in `.name`, and what follows.
fn member(text: &str) -> Option<(&str, &str)> {
    let name = text.trim_start().strip_prefix('.')?.trim_start();
    let end = name.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(name.len());
    (end > 0).then(|| name.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::Reads;

    #[test]
    fn plain_members_are_told_apart_and_everything_else_may_read_all() {
        let all = ["input", "context", "result", "errorOutput"];
        let cases = [
            ("1 + 1", &[][..], true),
            ("$states.input.a & $states . result", &["input", "result"], true),
            ("$states.context.Map.Item.Value", &["context"], true),
            ("$states.context.Map.Item.Index + $states.context.Execution.Name", &["context"], false),
            ("$states.context", &["context"], false),
            ("$lookup($states, 'input')", &all, false),
            ("$states.`input`", &all, false),
            ("$states.*", &all, false),
            ("$statesOfMind", &all, false),
        ];
        for (source, expected, only_map) in cases {
            let reads = Reads::of(source);
            let found: Vec<&str> = all.into_iter().filter(|member| reads.reads(member)).collect();
            assert_eq!((&found[..], reads.only_map), (expected, only_map), "{source}");
        }
    }
}
