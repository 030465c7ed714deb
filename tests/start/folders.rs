//! Data folders and ports that cannot be used.

use std::{fs, net::TcpListener, path::Path};

use crate::support::{Server, binary, run};

const FREE_PORTS: [&str; 5] = ["run", "--port", "0", "--tls-port", "0"];

/// A start that must fail; its complaint.
async fn refused(data: &Path, arguments: &[&str]) -> String {
    let (status, out, err) = run(data, arguments).await;
    assert!(!status.success(), "{out}");
    assert!(!out.contains("Ctrl-C"), "it said that it runs: {out}");
    assert_eq!(err.lines().filter(|line| line.starts_with("stepwell: ")).count(), 1, "{err}");
    err
}

#[tokio::test]
async fn a_folder_has_one_stepwell() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let err = refused(folder.path(), &FREE_PORTS).await;
    assert!(err.contains("is in use by another stepwell; stop that one, or choose another folder"), "{err}");
    assert_eq!(server.graphql("{ ping }", serde_json::json!({})).await["data"]["ping"], "pong");
    server.kill().await;
    // The kernel has released the folder, however its holder ended.
    assert!(Server::start(folder.path()).await.stop().await.success());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let err = refused(folder.path(), &["run", "--port", &port, "--tls-port", "0"]).await;
    assert!(err.contains(&format!("127.0.0.1:{port} is in use")) && err.contains("--port"), "{err}");
    let err = refused(folder.path(), &["run", "--port", "0", "--tls-port", &port]).await;
    assert!(err.contains(&format!("127.0.0.1:{port} is in use")) && err.contains("--tls-port"), "{err}");
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Server::start(folder.path()).await.stop().await.success());
    let path = folder.path().join("stepwell.sqlite");
    remove_log(&path);
    let mut database = fs::read(&path).expect("the database");
    // `user_version` of the database header (SQLite file format, section 1.3), big endian at byte 60.
    database[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, &database).expect("written");
    let err = refused(folder.path(), &FREE_PORTS).await;
    assert!(err.contains("a newer stepwell wrote this data folder (format 99; this one knows up to 1)"), "{err}");
    assert!(err.contains("run that version, or choose another folder"), "{err}");
}

#[tokio::test]
async fn damaged_secrets_are_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Server::start(folder.path()).await.stop().await.success());
    let path = folder.path().join("secrets.json");
    fs::write(&path, "{\"apiKeys\"").expect("written");
    let err = refused(folder.path(), &FREE_PORTS).await;
    assert!(err.contains("secrets.json is not readable as JSON"), "{err}");
    assert_eq!(err.matches("restore it from a backup, or remove it").count(), 1, "{err}");
    assert_eq!(fs::read_to_string(&path).expect("still there"), "{\"apiKeys\"");
}

#[tokio::test]
async fn a_damaged_database_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Server::start(folder.path()).await.stop().await.success());
    for name in ["stepwell.sqlite", "tables.sqlite"] {
        let path = folder.path().join(name);
        let kept = fs::read(&path).expect("the database");
        remove_log(&path);
        let damaged = "this is no database, whatever it was before ".repeat(1000);
        fs::write(&path, &damaged).expect("written");
        let err = refused(folder.path(), &FREE_PORTS).await;
        assert!(
            ["not a database", "not a valid SQLite database"].iter().any(|text| err.contains(text)),
            "{name}: {err}"
        );
        assert_eq!(fs::read_to_string(&path).expect("still there"), damaged);
        fs::write(&path, kept).expect("written");
    }
}

/// Removes the write-ahead log of a database, in which pages are newer than in the file.
fn remove_log(database: &Path) {
    for suffix in ["-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    for data in [file.clone(), file.join("data")] {
        let err = refused(&data, &FREE_PORTS).await;
        assert!(err.contains(&format!("create the data folder {}", data.display())), "{err}");
        assert!(err.contains("choose another with --data"), "{err}");
    }
}

/// A process may be given a longest file, which is how a disk without room is tried here.
#[tokio::test]
async fn a_disk_without_room_is_an_error_and_no_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; exec {} run --data {} --port 0 --tls-port 0",
        binary().display(),
        folder.path().display()
    );
    let output = tokio::process::Command::new("sh").args(["-c", &script]).output().await.expect("sh");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("disk"), "{err}");
}
