package io.github.wsbridge.client;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A TCP connection or a Unix socket. */
record BlockingSocket(SocketChannel channel) implements BlockingConnection {

    /**
     * Sets the options of a connection, which Unix sockets do not have. Until it is closed in good order, any close is
     * a reset, also that of an interrupted thread.
     */
    static BlockingSocket of(SocketChannel channel) throws IOException {
        BlockingSocket socket = new BlockingSocket(channel);
        if (socket.tcp()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        return socket;
    }

    private boolean tcp() {
        return channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public void finishOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close(boolean inGoodOrder) {
        try (channel) {
            if (inGoodOrder && tcp()) {
                channel.setOption(StandardSocketOptions.SO_LINGER, -1);
            }
        } catch (IOException e) {
            // It is closed either way.
        }
    }

    @Override
    public boolean resets() {
        return true;
    }
}
