package io.github.wsbridge.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Streams over a channel's two directions. Unlike those of {@code java.nio.channels.Channels}, they hold no monitor.
 */
final class ChannelStreams {

    private ChannelStreams() {}

    static final class In extends InputStream {
        private final BridgeChannel channel;

        In(BridgeChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(bytes, offset, length));
        }

        @Override
        public int available() {
            return channel.available();
        }

        @Override
        public void close() {
            channel.close();
        }
    }

    static final class Out extends OutputStream {
        private final BridgeChannel channel;

        Out(BridgeChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            channel.write(ByteBuffer.wrap(bytes, offset, length));
        }

        @Override
        public void close() {
            channel.close();
        }
    }
}
