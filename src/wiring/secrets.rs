//! Secrets and identifiers that are generated on first start and kept: API keys, access keys, passwords, pool ids.
//!
//! They live in two files of the data folder that only the owner can read: `secrets.json`, and `credentials` in the
//! format of the AWS CLI and SDKs. Nothing of them is logged.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use clock::Clock;

/// Kinds of generated values; the first level of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ApiKey,
    ApiId,
    UserPoolId,
    UserPoolClientId,
    UserPoolClientSecret,
    IdentityPoolId,
    Password,
    AccessKeyId,
    SecretAccessKey,
    Token,
}

impl Kind {
    fn section(self) -> &'static str {
        match self {
            Self::ApiKey => "apiKeys",
            Self::ApiId => "apiIds",
            Self::UserPoolId => "userPoolIds",
            Self::UserPoolClientId => "userPoolClientIds",
            Self::UserPoolClientSecret => "userPoolClientSecrets",
            Self::IdentityPoolId => "identityPoolIds",
            Self::Password => "passwords",
            Self::AccessKeyId => "accessKeyIds",
            Self::SecretAccessKey => "secretAccessKeys",
            Self::Token => "tokens",
        }
    }
}

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error(
        "{path} is not readable as JSON ({cause}); restore it from a backup, or remove it to have new secrets made"
    )]
    Format { path: PathBuf, cause: serde_json::Error },
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Generated values by kind and name.
pub(crate) struct Secrets {
    path: PathBuf,
    sections: Sections,
    changed: bool,
    region: String,
    clock: Arc<dyn Clock>,
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Secrets {
    /// Opens `secrets.json` in `folder`, empty when there is none.
    pub(crate) fn open(folder: &Path, region: &str, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let path = folder.join("secrets.json");
        let sections = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| Error::Format { path: path.clone(), cause })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Sections::new(),
            Err(cause) => return Err(Error::File { path, cause }),
        };
        Ok(Self { path, sections, changed: false, region: region.to_owned(), clock })
    }

    /// The value of this kind and name, generated if it is new. Call [`Secrets::save`] before showing it to anybody.
    pub(crate) fn get(&mut self, kind: Kind, name: &str) -> String {
        if let Some(value) = self.sections.get(kind.section()).and_then(|section| section.get(name)) {
            return value.clone();
        }
        let value = self.generate(kind);
        self.sections.entry(kind.section().to_owned()).or_default().insert(name.to_owned(), value.clone());
        self.changed = true;
        value
    }

    /// 32 bytes that are made once and kept, for keys of our own.
    pub(crate) fn bytes(&mut self, name: &str) -> [u8; 32] {
        let text = self.get(Kind::Token, name);
        // 32 of 62 characters each: 190 bits of randomness.
        std::array::from_fn(|index| text.as_bytes().get(index).copied().unwrap_or_default())
    }

    /// Writes what is new: whole or not at all, and durable.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        if self.changed {
            let text = serde_json::to_string_pretty(&self.sections).expect("a map of texts is JSON");
            write_private(&self.path, &text)?;
            self.changed = false;
        }
        Ok(())
    }

    fn generate(&self, kind: Kind) -> String {
        match kind {
            Kind::ApiKey => format!("da2-{}", self.characters(LOWER, 26)),
            Kind::ApiId | Kind::UserPoolClientId => self.characters(LOWER, 26),
            Kind::UserPoolClientSecret => self.characters(LOWER, 51),
            Kind::UserPoolId => format!("{}_{}", self.region, self.characters(MIXED, 9)),
            Kind::IdentityPoolId => format!("{}:{}", self.region, self.clock.uuid()),
            // One of each class that Cognito's default policy asks for, then enough randomness.
            Kind::Password => format!("Aa1-{}", self.characters(MIXED, 20)),
            Kind::AccessKeyId => format!("AKIA{}", self.characters(UPPER, 16)),
            Kind::SecretAccessKey | Kind::Token => self.characters(MIXED, 40),
        }
    }

    fn characters(&self, alphabet: &[u8], count: usize) -> String {
        // The bias of a 64-bit number modulo at most 62 is below 2^-58.
        let pick = |_| char::from(alphabet[usize::try_from(self.clock.random() % alphabet.len() as u64).unwrap_or(0)]);
        (0..count).map(pick).collect()
    }
}

/// Writes access keys as a shared credentials file of the AWS CLI and SDKs: profile, access key id, secret.
pub(super) fn write_credentials(path: &Path, profiles: &[(String, String, String)]) -> Result<(), Error> {
    let profile = |(name, id, secret): &(String, String, String)| {
        format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
    };
    let text: String = profiles.iter().map(profile).collect();
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    write_private(path, &text)
}

/// Replaces a file whole, durably, readable by its owner only.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|cause| Error::File { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use clock::{SimulatedClock, Timestamp};

    use super::*;

    fn open(folder: &Path) -> Secrets {
        Secrets::open(folder, "us-east-1", Arc::new(SimulatedClock::new(Timestamp(0), 1))).expect("a readable file")
    }

    #[test]
    fn values_are_made_once_and_kept_privately() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut secrets = open(folder.path());
        let key = secrets.get(Kind::ApiKey, "Key");
        assert_eq!(key.len(), 30);
        assert_ne!(secrets.get(Kind::ApiKey, "Other"), key);
        secrets.save().expect("saved");
        assert_eq!(open(folder.path()).get(Kind::ApiKey, "Key"), key);
        let mode = fs::metadata(folder.path().join("secrets.json")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_user_pool_id_has_exactly_one_underscore() {
        let folder = tempfile::tempdir().expect("a folder");
        let id = open(folder.path()).get(Kind::UserPoolId, "Pool");
        let (region, rest) = id.split_once('_').expect("an underscore");
        assert_eq!((region, rest.len()), ("us-east-1", 9));
        assert!(rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_torn_file_is_refused_with_advice() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("secrets.json"), "{\"apiKeys\"").expect("written");
        let error = Secrets::open(folder.path(), "r", Arc::new(SimulatedClock::new(Timestamp(0), 1)));
        assert!(error.err().expect("torn").to_string().contains("restore it from a backup"));
    }
}
