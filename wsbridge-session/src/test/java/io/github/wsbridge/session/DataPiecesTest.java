package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2FrameListener;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class DataPiecesTest {

    private static final int DATA = 0;
    private static final int PING = 6;
    private static final int END_STREAM = 1;
    private static final int PADDED = 8;
    private static final int MOST = 16_384;
    private static final int DEAD = 3; // a stream that was reset
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ChannelHandlerContext context =
            new EmbeddedChannel(new ChannelInboundHandlerAdapter()).pipeline().firstContext();
    private final DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final List<String> told = new ArrayList<>();
    private int pieces;

    private final Http2FrameListener listener = new Http2FrameAdapter() {
        @Override
        public int onDataRead(ChannelHandlerContext here, int stream, ByteBuf bytes, int padding, boolean last)
                throws Http2Exception {
            if (stream == DEAD) {
                throw Http2Exception.streamError(stream, Http2Error.STREAM_CLOSED, "unknown stream");
            }
            pieces++;
            int size = bytes.readableBytes();
            data.writeBytes(ByteBufUtil.getBytes(bytes));
            if (last) {
                told.add("end of " + stream + " after " + data.size());
            }
            return size + padding;
        }

        @Override
        public void onPingRead(ChannelHandlerContext here, long value) {
            told.add("ping after " + data.size());
        }
    };

    @Test
    void anyPieces_giveTheSameAsWholeFrames() {
        Random random = new Random(7);
        byte[] content = new byte[12_000];
        random.nextBytes(content);
        ByteBuf wire = Unpooled.buffer().writeBytes(PREFACE);
        int at = 0;
        for (int length : new int[] {5000, 0, 1, 4000}) {
            frame(wire, length, DATA, 0, 1).writeBytes(content, at, length);
            at += length;
            frame(wire, 8, PING, 0, 0).writeLong(1);
        }
        frame(wire, 1 + 2000 + 9, DATA, PADDED, 1)
                .writeByte(9)
                .writeBytes(content, at, 2000)
                .writeZero(9);
        at += 2000;
        frame(wire, 999, DATA, END_STREAM, 1).writeBytes(content, at, 999);
        at += 999;
        byte[] all = new byte[wire.readableBytes()];
        wire.readBytes(all);

        for (int most : new int[] {1, 10, 1000, 6000, all.length}) {
            told.clear();
            data.reset();
            feed(all, () -> 1 + random.nextInt(most));

            assertThat(data.toByteArray()).as("at most %d at once", most).isEqualTo(Arrays.copyOf(content, at));
            assertThat(told)
                    .containsExactly(
                            "ping after 5000",
                            "ping after 5000",
                            "ping after 5001",
                            "ping after 9001",
                            "end of 1 after 12000");
        }
    }

    /** As data that was under way when its stream was reset. */
    @Test
    void frameThatIsAnErrorOfItsStream_losesNoneAfterIt() {
        DataPieces under = new DataPieces(this::decode, MOST, false);
        follow(under);
        ByteBuf in = frame(Unpooled.buffer(), 10, DATA, 0, DEAD).writeZero(10);
        frame(in, 20, DATA, 0, DEAD).writeZero(20);
        frame(in, 5, DATA, END_STREAM, 1).writeZero(5);
        frame(in, 8, PING, 0, 0).writeLong(1);

        under.read(in);

        assertThat(told).containsExactly("end of 1 after 5", "ping after 5");
        assertThat(in.isReadable()).isFalse();
    }

    @Test
    void incompleteData_isGivenAtOnce() {
        DataPieces under = new DataPieces(this::decode, MOST, false);
        follow(under);
        ByteBuf part = frame(Unpooled.buffer(), 1000, DATA, END_STREAM, 1).writeZero(400);

        under.read(part);

        assertThat(data.size()).isEqualTo(400);
        assertThat(part.isReadable()).isFalse();
        assertThat(told).isEmpty();
        under.read(Unpooled.buffer().writeZero(600));
        assertThat(told).containsExactly("end of 1 after 1000");
        assertThat(pieces).isEqualTo(2);
    }

    /** Makes it take over from the decoder after one frame. */
    private void follow(DataPieces under) {
        ByteBuf first = frame(Unpooled.buffer(), 8, PING, 0, 0).writeLong(1);
        decode(first);
        under.follow(first, 0);
        assertThat(under.aligned()).isTrue();
        told.clear();
    }

    private void feed(byte[] all, IntSupplier size) {
        DataPieces under = new DataPieces(this::decode, MOST, true);
        ByteBuf in = Unpooled.buffer();
        boolean begun = false;
        for (int at = 0; at < all.length; ) {
            int next = Math.min(size.getAsInt(), all.length - at);
            in.writeBytes(all, at, next);
            at += next;
            if (under.aligned()) {
                under.read(in);
            } else {
                int before = in.readerIndex();
                if (begun) {
                    decode(in);
                } else if (in.readableBytes() >= PREFACE.length) {
                    begun = true;
                    in.skipBytes(PREFACE.length);
                    decode(in);
                }
                under.follow(in, before);
            }
        }
        assertThat(under.aligned()).isTrue();
        assertThat(in.isReadable()).isFalse();
    }

    private void decode(ByteBuf bytes) {
        try {
            if (bytes.isReadable()) {
                reader.readFrame(context, bytes, listener);
            }
        } catch (Http2Exception e) {
            if (!Http2Exception.isStreamError(e)) { // the session resets it
                throw new AssertionError(e);
            }
        }
    }

    private static ByteBuf frame(ByteBuf to, int length, int type, int flags, int stream) {
        return to.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
    }
}
