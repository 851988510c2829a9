//! The modules of the harness import one way: where one uses another, that other uses the first neither directly nor through
//! a third. So each can be read, and changed, after those that it stands on and before those that stand on it.
//!
//! A module that holds others is their face: that it names what lies in them is no use of it. They may use what it declares.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Ident, ItemMod, ItemUse, UseTree, VisRestricted,
    visit::{self, Visit},
};

/// Where a module stands: the names from the crate's root.
type Module = Vec<String>;
/// For each module, those that it uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn no_module_of_the_harness_uses_one_that_uses_it() {
    let uses = uses(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/src"));
    assert!(uses.len() > 100, "{} modules were found", uses.len());
    let circles = circles(&uses);
    assert!(circles.is_empty(), "modules that use each other:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "mod inner; pub use inner::X; #[cfg(test)] mod tests { use crate::c::C; }"),
        ("a/inner.rs", "use crate::b::{self, B}; pub struct X(super::Y);"),
        ("b.rs", "fn f() { crate::c::g() }"),
        ("c.rs", "use super::a::X;"),
    ];
    fs::create_dir(folder.path().join("a")).expect("a folder");
    let write = |(name, text): (&str, &str)| fs::write(folder.path().join(name), text).expect("it is written");
    files.into_iter().for_each(write);
    assert_eq!(circles(&uses(folder.path())), ["a::inner -> b -> c"]);
    write(("c.rs", "fn g() {}"));
    assert_eq!(circles(&uses(folder.path())), [] as [String; 0]);
}

/// What each file below `root` uses of the others.
fn uses(root: &Path) -> Uses {
    let mut files = BTreeMap::new();
    read(root, &mut Vec::new(), &mut files);
    let modules = files.keys().cloned().collect();
    let collect = |(module, file)| (module, Paths::of(module, &modules, file));
    let collected: BTreeMap<&Module, _> = files.iter().map(collect).collect();
    let home = |path: &[String]| {
        let mut path = path.to_vec();
        // A name that a module passes on leads to where it was declared.
        for _ in 0..files.len() {
            let module = (0..=path.len()).rev().map(|length| &path[..length]).find(|start| files.contains_key(*start));
            let module = module.expect("the root is a module").to_vec();
            let passed_on = path.get(module.len()).and_then(|name| collected[&module].passed_on.get(name));
            match passed_on {
                Some(declared) if *declared != path => {
                    path = declared.iter().chain(&path[module.len() + 1..]).cloned().collect();
                }
                _ => return module,
            }
        }
        panic!("{} is passed on in a circle", path.join("::"))
    };
    let of = |(module, paths): (&&Module, &Paths<'_>)| {
        let used = paths.used.iter().map(|path| home(path));
        // Its own parts are no other module, and the root only names the others.
        let used = used.filter(|other| !other.is_empty() && !other.starts_with(module));
        ((*module).clone(), used.collect())
    };
    collected.iter().map(of).collect()
}

fn read(folder: &Path, within: &mut Module, files: &mut BTreeMap<Module, syn::File>) {
    for entry in fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            within.push(name);
            read(&path, within, files);
            within.pop();
        } else if path.extension().is_some_and(|is| is == "rs") && name != "main" && name != "tests" {
            let text = fs::read_to_string(&path).expect("a file of the source");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let own = if name == "lib" { Vec::new() } else { within.iter().cloned().chain([name]).collect() };
            files.insert(own, file);
        }
    }
}

/// The paths in one module, each from the crate's root, as far as it can begin there.
struct Paths<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    used: BTreeSet<Module>,
    /// Names that it takes from elsewhere, for others too.
    passed_on: BTreeMap<String, Module>,
}

impl<'a> Paths<'a> {
    fn of(module: &'a Module, modules: &'a BTreeSet<Module>, file: &syn::File) -> Self {
        let mut paths = Self { module, modules, used: BTreeSet::new(), passed_on: BTreeMap::new() };
        paths.visit_file(file);
        paths
    }

    fn rooted(&self, path: &[String]) -> Module {
        let ups = path.iter().take_while(|name| *name == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => path[1..].to_vec(),
            Some("self") => [self.module, &path[1..]].concat(),
            _ => [&self.module[..self.module.len().saturating_sub(ups)], &path[ups..]].concat(),
        }
    }

    fn add_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
            UseTree::Glob(_) => self.add(before, None),
            UseTree::Name(name) if name.ident == "self" => self.add(before, before.last()),
            UseTree::Name(name) => self.add(&with(&name.ident), Some(&name.ident.to_string())),
            UseTree::Rename(renamed) => self.add(&with(&renamed.ident), Some(&renamed.rename.to_string())),
        }
    }

    fn add(&mut self, path: &[String], named: Option<&String>) {
        let is_of_the_crate = matches!(path[0].as_str(), "crate" | "self" | "super");
        let path = self.rooted(path);
        // Another crate's name begins like that of a part of this module.
        let is_part = self.modules.contains(&path[..=self.module.len().min(path.len() - 1)]);
        if let Some(name) = named.filter(|_| is_of_the_crate || is_part) {
            self.passed_on.insert(name.clone(), path.clone());
        }
        self.used.insert(path);
    }
}

impl Visit<'_> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &ItemMod) {
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if path.leading_colon.is_none() && names.len() > 1 {
            self.used.insert(self.rooted(&names));
        }
        visit::visit_path(self, path);
    }

    /// Who may see something is no use of anything.
    fn visit_vis_restricted(&mut self, _: &VisRestricted) {}
}

/// `#[cfg(test)]`: tests may use what they test.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<Ident>().is_ok_and(|what| what == "test")
}

/// Modules that reach each other, each group on a line.
fn circles(uses: &Uses) -> Vec<String> {
    let reached: BTreeMap<_, _> = uses.keys().map(|module| (module, reached(module, uses))).collect();
    let circle = |module: &Module| -> Vec<String> {
        let both = reached[module].iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(module)));
        both.map(|other| other.join("::")).collect()
    };
    let groups: BTreeSet<_> = uses.keys().map(circle).filter(|group| !group.is_empty()).collect();
    groups.into_iter().map(|group| group.join(" -> ")).collect()
}

/// Everything that a module uses, directly or through others.
fn reached(from: &Module, uses: &Uses) -> BTreeSet<Module> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        next.extend(uses.get(module).into_iter().flatten().filter(|used| found.insert((*used).clone())));
    }
    found
}
