//! How a fixture's descriptors come to its warden: messages from the harness. Nothing else is said here, and nothing comes
//! back. Both ends use this, so it makes system calls only and allocates nothing.
//!
//! Source: unix(7), `SCM_RIGHTS`; cmsg(3); socket(7), `SO_LOCK_FILTER`.

use std::{
    io, mem,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd},
    ptr,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{AddressFamily, SockFlag, SockType, socketpair},
};

/// Most descriptors of a message.
const MOST: usize = 4;

/// What a message is for.
const DESCRIPTORS: u8 = 1;
static CALL: u8 = 2;

/// Room for the control message, aligned as its header must be.
#[repr(C)]
union Control {
    header: libc::cmsghdr,
    room: [u8; 32],
}

/// What has arrived.
pub(super) enum Received {
    /// Descriptors, as many as did.
    Descriptors([Option<OwnedFd>; MOST]),
    /// Nothing, or a mere call.
    Nothing,
    /// The other end is closed.
    Closed,
}

/// Both ends. Nobody who gets hold of one later can have it drop messages.
pub(super) fn pair() -> io::Result<[OwnedFd; 2]> {
    let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    for end in [&ours, &theirs] {
        let on: libc::c_int = 1;
        let (value, size) = (ptr::from_ref(&on).cast(), size_of_val(&on).try_into().unwrap_or(0));
        // SAFETY: the value is valid for its size.
        let locked = unsafe { libc::setsockopt(end.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LOCK_FILTER, value, size) };
        Errno::result(locked)?;
    }
    Ok([ours, theirs])
}

/// Has whoever waits at the other end look up.
pub(super) fn call(channel: RawFd) -> io::Result<()> {
    // SAFETY: the byte is valid.
    let sent = unsafe { libc::send(channel, (&raw const CALL).cast(), 1, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT) };
    Errno::result(sent)?;
    Ok(())
}

/// Sends at most [`MOST`] descriptors; the receiver has its own.
pub(super) fn send(channel: RawFd, descriptors: &[RawFd]) -> io::Result<()> {
    let descriptors = &descriptors[..descriptors.len().min(MOST)];
    let mut byte = DESCRIPTORS;
    let mut data = libc::iovec { iov_base: ptr::from_mut(&mut byte).cast(), iov_len: 1 };
    let mut control = Control { room: [0; 32] };
    let size = u32::try_from(size_of_val(descriptors)).unwrap_or(0);
    // SAFETY: all-zero bytes are a valid msghdr; its pointers are valid for their lengths during the call, and the control
    // message fits into its room.
    let sent = unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut data;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = libc::CMSG_SPACE(size) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        ptr::copy_nonoverlapping(descriptors.as_ptr(), libc::CMSG_DATA(header).cast(), descriptors.len());
        libc::sendmsg(channel, &raw const message, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT)
    };
    if sent == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Takes a message, if one is there.
pub(super) fn receive(channel: RawFd) -> Received {
    let mut byte = 0_u8;
    let mut data = libc::iovec { iov_base: ptr::from_mut(&mut byte).cast(), iov_len: 1 };
    let mut control = Control { room: [0; 32] };
    let mut received = [const { None }; MOST];
    // SAFETY: as above; the kernel makes the descriptors that it delivers for us.
    unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut data;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of::<Control>();
        match libc::recvmsg(channel, &raw mut message, libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT) {
            -1 if matches!(Errno::last(), Errno::EINTR | Errno::EAGAIN) => return Received::Nothing,
            -1 | 0 => return Received::Closed,
            _ => {}
        }
        if byte == CALL {
            return Received::Nothing;
        }
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if !header.is_null() && (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SCM_RIGHTS {
            let size = ((*header).cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
            let first: *const RawFd = libc::CMSG_DATA(header).cast();
            for (at, place) in received.iter_mut().enumerate().take(size / size_of::<RawFd>()) {
                *place = Some(OwnedFd::from_raw_fd(ptr::read_unaligned(first.add(at))));
            }
        }
    }
    Received::Descriptors(received)
}

/// Whether nothing has come from the warden's end, and nobody has closed it: a fixture that got hold of it may have.
pub(super) fn is_untouched(channel: &OwnedFd) -> bool {
    poll(&mut [PollFd::new(channel.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO) == Ok(0)
}
