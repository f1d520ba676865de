package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class if it, or an earlier one, has leaked a buffer. */
public final class LeakCheck implements AfterAllCallback {

    @Override
    public void afterAll(ExtensionContext context) {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        for (int i = 0; i < 3; i++) {
            WeakReference<Object> garbage = new WeakReference<>(new Object());
            for (int tries = 0; garbage.get() != null && tries < 10; tries++) {
                System.gc();
            }
            for (int j = 0; j < 10; j++) {
                ByteBufAllocator.DEFAULT.directBuffer(16).release(); // makes Netty report leaks now
            }
        }
        assertThat(LeakDetector.FOUND).as("leaked buffers").isEmpty();
    }
}
