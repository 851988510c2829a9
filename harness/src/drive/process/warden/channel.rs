//! What harness and warden say to each other: two numbers a message, and perhaps descriptors. Both ends use this, so it
//! makes system calls only and allocates nothing.
//!
//! Source: unix(7), `SCM_RIGHTS`; cmsg(3).

use std::{
    io, mem,
    os::fd::{FromRawFd, OwnedFd, RawFd},
    ptr,
};

/// Most descriptors of a message.
const MOST: usize = 4;

/// Room for the control message, aligned as its header must be.
#[repr(C)]
union Control {
    header: libc::cmsghdr,
    room: [u8; 32],
}

type Numbers = [libc::c_int; 2];

/// Sends a message; at most [`MOST`] descriptors go with it, and the receiver has its own.
pub(super) fn send(channel: RawFd, mut numbers: Numbers, descriptors: &[RawFd]) -> io::Result<()> {
    let descriptors = &descriptors[..descriptors.len().min(MOST)];
    let mut data = libc::iovec { iov_base: ptr::from_mut(&mut numbers).cast(), iov_len: size_of::<Numbers>() };
    let mut control = Control { room: [0; 32] };
    let size = u32::try_from(size_of_val(descriptors)).unwrap_or(0);
    // SAFETY: all-zero bytes are a valid msghdr; its pointers are valid for their lengths during the call, and the control
    // message fits into its room.
    let sent = unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut data;
        message.msg_iovlen = 1;
        if !descriptors.is_empty() {
            message.msg_control = (&raw mut control).cast();
            message.msg_controllen = libc::CMSG_SPACE(size) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size) as _;
            ptr::copy_nonoverlapping(descriptors.as_ptr(), libc::CMSG_DATA(header).cast(), descriptors.len());
        }
        libc::sendmsg(channel, &raw const message, libc::MSG_NOSIGNAL)
    };
    if sent == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits for a message; without numbers when the other end is closed.
pub(super) fn receive(channel: RawFd) -> io::Result<(Option<Numbers>, [Option<OwnedFd>; MOST])> {
    let mut numbers: Numbers = [0; 2];
    let mut data = libc::iovec { iov_base: ptr::from_mut(&mut numbers).cast(), iov_len: size_of::<Numbers>() };
    let mut control = Control { room: [0; 32] };
    let mut received = [const { None }; MOST];
    // SAFETY: as above; the kernel makes the descriptors that it delivers for us.
    unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut data;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of::<Control>();
        let length = loop {
            match libc::recvmsg(channel, &raw mut message, libc::MSG_CMSG_CLOEXEC) {
                -1 => match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => {}
                    error => return Err(error),
                },
                length => break length.unsigned_abs(),
            }
        };
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if !header.is_null() && (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SCM_RIGHTS {
            let size = ((*header).cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
            let first: *const RawFd = libc::CMSG_DATA(header).cast();
            for (at, place) in received.iter_mut().enumerate().take(size / size_of::<RawFd>()) {
                *place = Some(OwnedFd::from_raw_fd(ptr::read_unaligned(first.add(at))));
            }
        }
        Ok(((length == size_of::<Numbers>()).then_some(numbers), received))
    }
}
