//! Where the functions are that no signal handler may enter: their addresses in a process.
//!
//! They come from the dynamic symbols of the C library, and of an allocator that takes its place: whatever exports `malloc`. A
//! program that is linked statically exports nothing, so in it nothing is found. Where something cannot be looked at, or is not
//! there, that is said: what is not seen has not been shown to be harmless.
//!
//! Source: elf(5); proc(5), `/proc/PID/maps`; ld.so(8).

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    fs::File,
    io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::MetadataExt,
    },
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

use super::shown::MAPS;
use crate::{drive::procfs, regular_file};

/// Most bytes of a file that a process has mapped: a fixture chooses it.
const LARGEST: u64 = 1 << 30;

const TABLE: &str = include_str!("../../../catalogue/not-async-signal-safe.txt");

/// Functions by address.
#[derive(Debug, Default)]
pub(super) struct Functions {
    by_address: HashMap<u64, &'static str>,
    /// Why some may be missing, for people.
    pub(super) unseen: Option<String>,
}

impl Functions {
    /// Those of a process.
    pub(super) fn of(pid: libc::pid_t) -> Self {
        let shown = procfs::of(pid);
        let maps = shown.as_ref().and_then(|shown| regular_file::bytes(&shown.join("maps"), MAPS).ok());
        let (Some(shown), Some(maps)) = (shown, maps) else {
            return Self { unseen: Some("/proc does not show its memory".to_owned()), ..Self::default() };
        };
        let mappings: Vec<_> = maps.split(|&byte| byte == b'\n').filter_map(Mapping::of).collect();
        let is_code = |path: &[u8]| mappings.iter().any(|mapping| mapping.path == path && mapping.is_executable);
        let mut functions = Self::default();
        for &Mapping { start, path, .. } in mappings.iter().filter(|file| file.is_beginning && is_code(file.path)) {
            // As the process sees it: its files may be others than ours at the same path.
            let mut file = shown.join("root").into_os_string().into_vec();
            file.extend_from_slice(path);
            match library(Path::new(OsStr::from_bytes(&file))) {
                Ok(library) => {
                    functions.by_address.extend(library.iter().map(|&(at, name)| (start.wrapping_add(at), name)));
                }
                Err(error) => {
                    let path = String::from_utf8_lossy(path);
                    functions.unseen = Some(format!("the code of {path} cannot be looked at: {error}"));
                }
            }
        }
        if functions.by_address.is_empty() && functions.unseen.is_none() {
            functions.unseen =
                Some("no library of it exports malloc, so its functions have no known address".to_owned());
        }
        functions
    }

    /// The function whose first instruction is here.
    pub(super) fn entered_at(&self, address: u64) -> Option<&'static str> {
        self.by_address.get(&address).copied()
    }
}

/// The names of the table.
fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// A mapped file, from a line such as `7f00-7f02 r-xp 00000000 fe:00 9 /lib/libc.so.6`. Paths are bytes.
#[derive(Debug, PartialEq, Eq)]
struct Mapping<'a> {
    start: u64,
    is_beginning: bool,
    is_executable: bool,
    path: &'a [u8],
}

impl<'a> Mapping<'a> {
    /// `None` for what is no file. One in memory holds code that the program made itself, and no library.
    fn of(line: &'a [u8]) -> Option<Self> {
        let (fields, path) = line.split_at(line.iter().position(|&byte| byte == b'/')?);
        let mut fields = str::from_utf8(fields).ok()?.split_whitespace();
        let (range, access, offset) = (fields.next()?, fields.next()?, fields.next()?);
        let start = u64::from_str_radix(range.split_once('-')?.0, 16).ok()?;
        let is_beginning = u64::from_str_radix(offset, 16) == Ok(0);
        (!path.starts_with(b"/memfd:")).then(|| Self { start, is_beginning, is_executable: access.contains('x'), path })
    }
}

/// Functions of the table that a file exports, each with its distance from the beginning of the file in memory.
type Library = Arc<[(u64, &'static str)]>;

/// What a file exports, read once. Nothing for what is no library of this machine; an error for what cannot be opened.
fn library(path: &Path) -> io::Result<Library> {
    static KNOWN: Mutex<BTreeMap<(u64, u64), Library>> = Mutex::new(BTreeMap::new());
    let file = regular_file::open(path)?;
    let about = file.metadata()?;
    if about.len() > LARGEST {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let library = known.entry((about.dev(), about.ino())).or_insert_with(|| exports(file).unwrap_or_default().into());
    Ok(Arc::clone(library))
}

/// `None` for what is not an ELF file of this machine.
fn exports(file: File) -> Option<Vec<(u64, &'static str)>> {
    let data = ReadCache::new(file);
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
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn the_functions_of_this_process_are_found() {
        let pid = std::process::id().cast_signed();
        let malloc = libc::malloc as *const () as u64;
        assert_eq!(Functions::of(pid).entered_at(malloc), Some("malloc"));
        assert_eq!(Functions::of(pid).entered_at(libc::write as *const () as u64), None);
        assert_eq!(Functions::of(pid).unseen, None);
    }

    #[test]
    fn what_cannot_be_looked_at_is_said() {
        let gone = Functions::of(libc::pid_t::MAX);
        assert_eq!((gone.by_address.len(), gone.unseen.is_some()), (0, true));

        // The C library of another process, at a path that is not UTF-8, and then at none.
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join(OsStr::from_bytes(b"sleep\xff"));
        // By another process: a neighbour that forks while we had it open to write to would keep it from being executed.
        let copied = std::process::Command::new("cp").arg("/bin/sleep").arg(&program).status().expect("cp");
        assert!(copied.success(), "a copy");
        let mut sleeper = std::process::Command::new(&program).arg("1000").spawn().expect("it starts");
        let pid = sleeper.id().cast_signed();
        // Its loader maps the C library before its first sleep.
        while !super::super::shown::is_asleep(pid) {
            std::thread::yield_now();
        }
        let seen = Functions::of(pid);
        fs::remove_file(&program).expect("it is removed");
        let removed = Functions::of(pid);
        sleeper.kill().and_then(|()| sleeper.wait()).expect("its end");
        assert!(!seen.by_address.is_empty() && seen.unseen.is_none(), "{:?}", seen.unseen);
        assert!(removed.unseen.is_some_and(|why| why.contains("cannot be looked at")));
    }

    /// A program without any library, not even the C library: it sleeps for good.
    fn bare_program() -> Vec<u8> {
        // pause(2), again and again.
        let code = [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
        let (headers, at) = (64 + 56, 0x40_0000_u64);
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        // A program of this machine; where it begins, and where its only program header is.
        file.extend([2, 62].iter().flat_map(|number: &u16| number.to_le_bytes()));
        file.extend(1_u32.to_le_bytes());
        file.extend([at + headers, 64, 0].iter().flat_map(|number: &u64| number.to_le_bytes()));
        file.extend(0_u32.to_le_bytes());
        file.extend([64, 56, 1, 0, 0, 0].iter().flat_map(|number: &u16| number.to_le_bytes()));
        // All of the file is loaded, to be read and executed.
        file.extend([1, 5].iter().flat_map(|number: &u32| number.to_le_bytes()));
        let length = headers + code.len() as u64;
        file.extend([0, at, at, length, length, 0x1000].iter().flat_map(|number: &u64| number.to_le_bytes()));
        file.extend(code);
        file
    }

    #[test]
    fn a_program_without_a_library_is_not_taken_for_harmless() {
        let folder = tempfile::tempdir().expect("a folder");
        let (written, program) = (folder.path().join("written"), folder.path().join("bare"));
        fs::write(&written, bare_program()).expect("it is written");
        fs::set_permissions(&written, fs::Permissions::from_mode(0o755)).expect("a program");
        // By another process, as above.
        let copied = std::process::Command::new("cp").arg("-p").arg(&written).arg(&program).status().expect("cp");
        assert!(copied.success(), "a copy");
        let mut sleeper = std::process::Command::new(&program).spawn().expect("it starts");
        let seen = Functions::of(sleeper.id().cast_signed());
        sleeper.kill().and_then(|()| sleeper.wait()).expect("its end");
        assert_eq!(seen.by_address.len(), 0);
        let why = seen.unseen.unwrap_or_default();
        assert!(why.starts_with("no library of it exports malloc"), "{why}");
    }

    #[test]
    fn a_mapping_is_read_as_bytes() {
        let of = |line: &'static [u8]| Mapping::of(line);
        let libc = of(b"7f00-7f02 r-xp 00000000 fe:00 9   /lib/\xff libc").expect("a file");
        assert_eq!((libc.start, libc.is_beginning, libc.is_executable), (0x7f00, true, true));
        assert_eq!(libc.path, b"/lib/\xff libc");
        assert!(
            of(b"7f00-7f02 r--p 00001000 fe:00 9 /a").is_some_and(|file| !file.is_beginning && !file.is_executable)
        );
        assert_eq!(of(b"7f00-7f02 rw-p 00000000 00:00 0 [heap]"), None);
        assert_eq!(of(b"7f00-7f02 r-xp 00000000 00:01 9 /memfd:jit (deleted)"), None);
    }

    #[test]
    fn the_table_names_each_function_once() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(names().all(|name| seen.insert(name)), "a name is there twice");
        assert!(seen.len() > 100 && ["write", "memcpy", "sem_post", "_exit"].iter().all(|safe| !seen.contains(safe)));
    }
}
