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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening Unix socket. Netty's epoll transport deletes whatever is at a path before it binds it. So the socket is
 * bound at a path that nobody uses, and linked to its own path, which fails if there is a file.
 */
final class UnixListening implements StreamTransport.Listening {

    private static final Logger log = LoggerFactory.getLogger(UnixListening.class);

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
        channel = bind(binding, unused);
        try {
            Files.createLink(path, unused);
        } catch (IOException | UnsupportedOperationException e) {
            loops.await(channel.close());
            throw e instanceof FileAlreadyExistsException ? inUse() : new IOException("cannot create " + path, e);
        } finally {
            delete(unused);
        }
        file = SocketFile.at(path);
        channel.closeFuture().addListener(closed -> file.delete());
    }

    private Channel bind(Bind binding, Path unused) throws IOException {
        try {
            return binding.bind(unused);
        } catch (IOException e) {
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    /** The listener works even if a second name of its socket is left. */
    private static void delete(Path unused) {
        try {
            Files.deleteIfExists(unused);
        } catch (IOException e) {
            log.warn("The socket {} could not be deleted", unused, e);
        }
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
