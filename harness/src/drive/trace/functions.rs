//! Where the functions are that no signal handler may enter: their addresses in a process.
//!
//! They come from the dynamic symbols of the C library, and of an allocator that takes its place: whatever exports `malloc`. A
//! program that is linked statically exports nothing, so in it nothing is found.
//!
//! Source: elf(5); proc(5), `/proc/PID/maps`; ld.so(8).

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use object::{
    Endianness,
    elf::{FileHeader64, PT_LOAD, SHN_UNDEF, STT_FUNC},
    read::{
        ReadCache,
        elf::{FileHeader, ProgramHeader, Sym},
    },
};

const TABLE: &str = include_str!("../../../catalogue/not-async-signal-safe.txt");

/// Functions by address.
#[derive(Debug, Default)]
pub(super) struct Functions(HashMap<u64, &'static str>);

impl Functions {
    /// Those of a process.
    pub(super) fn of(pid: libc::pid_t) -> Self {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        let files = maps.lines().filter_map(start_of_file);
        let entries = files.flat_map(|(start, path)| {
            let library = library(Path::new(path));
            library.iter().map(|&(offset, name)| (start.wrapping_add(offset), name)).collect::<Vec<_>>()
        });
        Self(entries.collect())
    }

    /// The function whose first instruction is here.
    pub(super) fn entered_at(&self, address: u64) -> Option<&'static str> {
        self.0.get(&address).copied()
    }
}

/// The names of the table.
fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// Where a file is mapped, from the line of its beginning: `7f00-7f02 r--p 00000000 fe:00 9 /lib/libc.so.6`.
fn start_of_file(line: &str) -> Option<(u64, &str)> {
    let (range, rest) = line.split_once(' ')?;
    let mut fields = rest.split_whitespace();
    let (_access, offset, _device, _inode) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let path = &line[line.find('/')?..];
    let start = u64::from_str_radix(range.split_once('-')?.0, 16).ok()?;
    (u64::from_str_radix(offset, 16) == Ok(0)).then_some((start, path))
}

/// Functions of the table that a file exports, each with its distance from the beginning of the file in memory.
type Library = Arc<[(u64, &'static str)]>;

/// What a file exports, read once.
fn library(path: &Path) -> Library {
    static KNOWN: Mutex<BTreeMap<(u64, u64), Library>> = Mutex::new(BTreeMap::new());
    let Ok(identity) = fs::metadata(path).map(|file| (file.dev(), file.ino())) else { return Arc::default() };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(identity).or_insert_with(|| exports(path).unwrap_or_default().into()))
}

/// `None` for what is not an ELF file of this machine.
fn exports(path: &Path) -> Option<Vec<(u64, &'static str)>> {
    let data = ReadCache::new(File::open(path).ok()?);
    let header = FileHeader64::<Endianness>::parse(&data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, &data).ok()?;
    let first = segments.iter().find(|segment| segment.p_type(endian) == PT_LOAD)?;
    let base = first.p_vaddr(endian).wrapping_sub(first.p_offset(endian));
    let sections = header.sections(endian, &data).ok()?;
    let symbols = sections.symbols(endian, &data, object::elf::SHT_DYNSYM).ok()?;
    let wanted: HashMap<&[u8], &'static str> = names().map(|name| (name.as_bytes(), name)).collect();
    let exported = symbols.iter().filter(|symbol| symbol.st_shndx(endian) != SHN_UNDEF && symbol.st_type() == STT_FUNC);
    let found: Vec<_> = exported
        .filter_map(|symbol| {
            let name = wanted.get(symbols.symbol_name(endian, symbol).ok()?)?;
            Some((symbol.st_value(endian).wrapping_sub(base), *name))
        })
        .collect();
    found.iter().any(|&(_, name)| name == "malloc").then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_this_process_are_found() {
        let pid = std::process::id().cast_signed();
        let malloc = libc::malloc as *const () as u64;
        assert_eq!(Functions::of(pid).entered_at(malloc), Some("malloc"));
        assert_eq!(Functions::of(pid).entered_at(libc::write as *const () as u64), None);
        assert_eq!(Functions::of(libc::pid_t::MAX).0.len(), 0, "a process that is not there has none");
    }

    #[test]
    fn the_table_names_each_function_once() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(names().all(|name| seen.insert(name)), "a name is there twice");
        assert!(seen.len() > 100 && ["write", "memcpy", "sem_post", "_exit"].iter().all(|safe| !seen.contains(safe)));
    }
}
