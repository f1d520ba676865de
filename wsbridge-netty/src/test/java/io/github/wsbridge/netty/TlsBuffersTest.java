package io.github.wsbridge.netty;

import static io.github.wsbridge.wire.websocket.FrameTranslator.HEADROOM;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsBuffersTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000})
    void bufferForDecryptedData_hasHeadroomBesidesItsCapacity(int capacity) {
        ByteBuf buffer = TlsBuffers.INSTANCE.directBuffer(capacity);
        try {
            assertThat(buffer.readerIndex()).isEqualTo(HEADROOM);
            assertThat(buffer.isReadable()).isFalse();
            assertThat(buffer.writableBytes()).isEqualTo(capacity);
        } finally {
            buffer.release();
        }
    }

    /** Netty's cumulators assume that the indices of a new buffer are 0. */
    @Test
    void bufferOfAnyKind_hasNoHeadroom() {
        ByteBuf buffer = TlsBuffers.INSTANCE.buffer(1000);
        try {
            assertThat(buffer.readerIndex()).isZero();
        } finally {
            buffer.release();
        }
    }

    @Test
    void bufferForReads_isAsAskedFor() {
        ByteBuf buffer = TlsBuffers.INSTANCE.ioBuffer(1000, 1000);
        try {
            assertThat(buffer.readerIndex()).isZero();
            assertThat(buffer.isDirect()).isTrue();
            assertThat(buffer.maxCapacity()).isEqualTo(1000);
        } finally {
            buffer.release();
        }
    }
}
