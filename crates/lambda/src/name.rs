//! The ways to say which function: its name, a partial ARN, an ARN, each with or without a qualifier.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>, `FunctionName`.

use aws_protocol::Partition;

use crate::Error;

/// AWS's limits of a name and of an ARN, characters.
const NAME_CHARS: usize = 64;
const ARN_CHARS: usize = 170;

/// The version that functions here have.
pub(crate) const LATEST: &str = "$LATEST";

/// A function as a caller named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) name: String,
    /// A version or an alias.
    pub(crate) qualifier: Option<String>,
    /// What comes before the name in an ARN, if another partition, region or account than ours is meant.
    elsewhere: Option<String>,
}

impl FunctionName {
    /// Reads `NAME`, `ACCOUNT:function:NAME` or `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, all of which may end
    /// with `:QUALIFIER`; `qualifier` is that of the request.
    ///
    /// # Errors
    /// [`Error::InvalidFunctionName`], and [`Error::InvalidParameterValue`] for two qualifiers.
    pub(crate) fn parse(text: &str, qualifier: Option<&str>, home: &Partition) -> Result<Self, Error> {
        let invalid = || Error::InvalidFunctionName(text.to_owned());
        if text.len() > ARN_CHARS {
            return Err(invalid());
        }
        let (owner, rest) = match text.split_once("function:") {
            Some((owner, rest)) => (owner.trim_end_matches(':'), rest),
            None => ("", text),
        };
        let (name, own) = match rest.split_once(':') {
            Some((name, own)) => (name, Some(own)),
            None => (rest, None),
        };
        let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let qualifiers = [own, qualifier];
        let fits = |text: &&str| **text == *LATEST || (!text.is_empty() && letters(text));
        if name.is_empty() || name.len() > NAME_CHARS || !letters(name) || !qualifiers.iter().flatten().all(fits) {
            return Err(invalid());
        }
        if own.is_some() && qualifier.is_some() && own != qualifier {
            let text = "The derived qualifier from the function name does not match the specified qualifier.";
            return Err(Error::InvalidParameterValue(text.to_owned()));
        }
        let elsewhere = foreign(owner, home).ok_or_else(invalid)?;
        Ok(Self { name: name.to_owned(), qualifier: own.or(qualifier).map(str::to_owned), elsewhere })
    }

    /// Whether it may be a function of ours: its ARN names no other account or region.
    pub(crate) fn is_at_home(&self) -> bool {
        self.elsewhere.is_none()
    }

    /// The ARN, with the qualifier that applies.
    pub(crate) fn qualified_arn(&self, home: &Partition) -> String {
        format!("{}:{}", self.arn(home), self.qualifier.as_deref().unwrap_or(LATEST))
    }

    /// The ARN as the function's context shows it: with the qualifier that was asked for, if any.
    pub(crate) fn invoked_arn(&self, home: &Partition) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.arn(home)),
            None => self.arn(home),
        }
    }

    fn arn(&self, home: &Partition) -> String {
        match &self.elsewhere {
            Some(owner) => format!("{owner}:function:{}", self.name),
            None => home.arn("lambda", &format!("function:{}", self.name)),
        }
    }
}

/// The beginning of an ARN if it is of somebody else (`Some(Some)`), nothing if it is ours; `None` if it is no ARN's.
fn foreign(owner: &str, home: &Partition) -> Option<Option<String>> {
    let parts: Vec<&str> = owner.split(':').collect();
    let (partition, region, account) = match parts[..] {
        [""] => return Some(None),
        [account] => (home.partition.as_str(), home.region.as_str(), account),
        ["arn", partition, "lambda", region, account] => (partition, region, account),
        _ => return None,
    };
    let ours = partition == home.partition && region == home.region && account == home.account;
    Some((!ours).then(|| format!("arn:{partition}:lambda:{region}:{account}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, qualifier: Option<&str>) -> Result<FunctionName, Error> {
        FunctionName::parse(text, qualifier, &Partition::new("us-east-1", "111111111111"))
    }

    #[test]
    fn every_form_names_the_function() {
        let ours = "arn:aws:lambda:us-east-1:111111111111:function:pay";
        let cases = [
            ("pay", None, format!("{ours}:$LATEST"), true),
            ("pay:live", None, format!("{ours}:live"), true),
            ("pay", Some("3"), format!("{ours}:3"), true),
            ("111111111111:function:pay", None, format!("{ours}:$LATEST"), true),
            ("function:pay", None, format!("{ours}:$LATEST"), true),
            (ours, Some("$LATEST"), format!("{ours}:$LATEST"), true),
            (&format!("{ours}:live"), Some("live"), format!("{ours}:live"), true),
            (
                "arn:aws:lambda:eu-west-1:222222222222:function:pay",
                None,
                "arn:aws:lambda:eu-west-1:222222222222:function:pay:$LATEST".to_owned(),
                false,
            ),
        ];
        for (text, qualifier, arn, at_home) in cases {
            let name = parse(text, qualifier).unwrap_or_else(|error| panic!("{text}: {error}"));
            let home = Partition::new("us-east-1", "111111111111");
            assert_eq!((name.qualified_arn(&home), name.is_at_home()), (arn, at_home), "{text}");
        }
    }

    #[test]
    fn what_names_no_function_is_refused() {
        let long = "x".repeat(65);
        for text in ["", "a b", "a/b", "arn:aws:lambda:us-east-1:1:layer:x", "x:", "sqs:function:a:b:c", &long] {
            assert!(matches!(parse(text, None), Err(Error::InvalidFunctionName(_))), "{text}");
        }
        assert!(matches!(parse("pay:live", Some("test")), Err(Error::InvalidParameterValue(_))));
    }
}
