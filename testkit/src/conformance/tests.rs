use std::fs;
use std::path::PathBuf;

use super::sources::tests_in;
use super::*;

/// A crate and a page on disk; gone when dropped.
struct Scene {
    folder: PathBuf,
}

const SOURCE: &str = "
#[test]
fn there() {}

// #[test]
// fn commented_out() {}
fn no_test() {}

proptest! {
    /// With words.
    #[test]
    fn a_property(x: u8) {}

    #[test]
    #[ignore = \"slow\"]
    fn ignored() {}
}

#[tokio::test(start_paused = true)]
async fn in_tokio() {}
";

impl Scene {
    fn new(name: &str, page: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("conformance-{}-{name}", std::process::id()));
        for inner in ["docs", "krate/src/inner", "krate/tests"] {
            fs::create_dir_all(folder.join(inner)).unwrap();
        }
        fs::write(folder.join("docs/page.md"), page).unwrap();
        fs::write(folder.join("krate/src/inner/deep.rs"), SOURCE).unwrap();
        fs::write(folder.join("krate/tests/outside.rs"), "#[test]\nfn outside() {}\n").unwrap();
        Self { folder }
    }

    fn check(&self) -> Result<Report, Vec<(usize, Problem)>> {
        let page = self.folder.join("docs/page.md");
        check(&page, &[&self.folder.join("krate")]).map_err(|nonconformity| nonconformity.problems)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn page(rows: &str) -> String {
    format!("# Page\n\n| section | requirement | where | test |\n|---|:--|---|---|\n{rows}\n")
}

#[test]
fn a_page_that_keeps_its_word() {
    let rows = "\
| 1 | done | `inner/deep.rs` | `there`, `a_property` |
| 1 | paths from the crate and from above | `src/inner/deep.rs`, `krate/tests/outside.rs` | `tests::outside` |
| 2 | `some_code` and a \\| do no harm | `inner/deep.rs`, the reader | `in_tokio`: all of it |
| 3 | too early | the machine comes later | not done |
| 3 | too early | | Not done: but see `there` |

## Not done

| § | requirement |
|---|---|
| 4 | something else |
";
    let report = Scene::new("good", &page(rows)).check();
    assert_eq!(report, Ok(Report { done: 3, not_done: 3, tests: 5 }));
}

#[test]
fn more_columns_and_another_order_are_allowed() {
    let text = "\
| test | § | what it does | requirement | where |
|---|---|---|---|---|
| `there` | 1 | done | it | `inner/deep.rs` |
";
    let report = Scene::new("order", text).check();
    assert_eq!(report, Ok(Report { done: 1, not_done: 0, tests: 1 }));
}

#[test]
fn a_wrong_name_is_found() {
    for name in ["not_there", "no_test", "commented_out", "ignored", "ther", ""] {
        let row = format!("| 1 | it | `inner/deep.rs` | `there`, `{name}` |");
        let problems = Scene::new("name", &page(&row)).check();
        assert_eq!(problems, Err(vec![(5, Problem::MissingTest(name.to_owned()))]));
    }
}

#[test]
fn a_wrong_name_in_a_row_that_is_not_done_is_found() {
    let problems = Scene::new("early", &page("| 1 | it | | not done, see `gone` |")).check();
    assert_eq!(problems, Err(vec![(5, Problem::MissingTest("gone".to_owned()))]));
}

#[test]
fn done_without_test_or_file_is_found() {
    let rows = "\
| 1 | it | `inner/deep.rs` | there |
| 1 | it | inner/deep.rs | `there` |
| 1 | it | `inner/gone.rs` | `there` |
| 1 | it | `inner` | `there` |
| | it | `inner/deep.rs` | `there` |";
    let problems = Scene::new("bare", &page(rows)).check();
    let expected = vec![
        (5, Problem::NoTest),
        (6, Problem::NoFile),
        (7, Problem::MissingFile("inner/gone.rs".to_owned())),
        (8, Problem::MissingFile("inner".to_owned())),
        (9, Problem::NoRequirement),
    ];
    assert_eq!(problems, Err(expected));
}

#[test]
fn an_empty_page_is_found() {
    for text in ["", "# Only a title\n", &page("")] {
        assert_eq!(Scene::new("empty", text).check(), Err(vec![(1, Problem::Empty)]));
    }
}

#[test]
fn a_missing_column_is_found() {
    for missing in ["section", "requirement", "where", "test"] {
        let text = page("| 1 | it | `inner/deep.rs` | `there` |").replace(missing, "other");
        let problems = Scene::new("column", &text).check();
        assert_eq!(problems, Err(vec![(3, Problem::MissingColumn(missing))]));
    }
    let text = page("").replace("# Page", "# Not done").replace("section", "other");
    let problems = Scene::new("column", &text).check();
    assert_eq!(problems, Err(vec![(3, Problem::MissingColumn("section"))]));
}

#[test]
fn a_missing_cell_is_found() {
    let problems = Scene::new("cell", &page("| 1 | `inner/deep.rs` | `there` |")).check();
    assert_eq!(problems, Err(vec![(5, Problem::CellCount { cells: 3, columns: 4 })]));
}

#[test]
fn a_page_that_is_missing_in_its_folder_is_found_and_a_missing_folder_is_left_out() {
    let scene = Scene::new("absent", "");
    let crates: [&Path; 0] = [];
    let gone = scene.folder.join("docs/gone.md");
    let problems = check(&gone, &crates).unwrap_err();
    assert_eq!(problems.problems, [(0, Problem::Unreadable(gone.clone()))]);
    let packaged = scene.folder.join("no-docs/page.md");
    assert_eq!(check(&packaged, &crates), Ok(Report::default()));
}

#[test]
fn all_that_is_wrong_is_told_with_its_line() {
    let page = PathBuf::from("page.md");
    let problems = vec![(5, Problem::NoTest), (7, Problem::MissingTest("gone".to_owned()))];
    assert_eq!(
        Nonconformity { page, problems }.to_string(),
        "page.md:5: no test is named, and `not done` is not said\n\
         page.md:7: there is no test `gone`"
    );
}

#[test]
fn tests_are_found_where_they_stand() {
    assert_eq!(tests_in(SOURCE).collect::<Vec<_>>(), ["there", "a_property", "in_tokio"]);
    let hidden = "/*\n#[test]\nfn hidden() {}\n*/\n#[test]\nfn seen() {}";
    assert_eq!(tests_in(hidden).collect::<Vec<_>>(), ["seen"]);
}
