package io.github.wsbridge.netty;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.SocketFile;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A listening Unix socket. Netty's epoll transport deletes whatever is at a path before it binds it. So the socket is
 * bound at a path that nobody uses, and linked to its own path, which fails if there is a file.
 */
final class UnixListening implements StreamTransport.Listening {

    private final UnixDomainSocketAddress address;
    private final Loops loops;
    private final Channel channel;
    private final SocketFile file;

    /** Binds a listener. */
    interface Bind {
        Channel bind(Path path) throws IOException;
    }

    UnixListening(UnixDomainSocketAddress address, Bind binding, Loops loops) throws IOException {
        this.address = address;
        this.loops = loops;
        SocketFile.deleteStale(address);
        Path path = address.getPath();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw inUse();
        }
        String name = "." + Long.toString(ThreadLocalRandom.current().nextLong(Integer.MAX_VALUE), Character.MAX_RADIX);
        Path unused = path.resolveSibling(name);
        channel = binding.bind(unused);
        try {
            Files.createLink(path, unused);
        } catch (IOException | UnsupportedOperationException e) {
            loops.await(channel.close());
            throw e instanceof FileAlreadyExistsException ? inUse() : new IOException("cannot create " + path, e);
        } finally {
            Files.deleteIfExists(unused);
        }
        file = SocketFile.at(path);
        channel.closeFuture().addListener(closed -> file.delete());
    }

    private static IOException inUse() {
        return new BindException("Address already in use");
    }

    @Override
    public SocketAddress address() {
        return address;
    }

    @Override
    public void close() {
        loops.await(channel.close());
        file.delete();
    }
}
