package io.github.wsbridge.launcher.management;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who watch a node by Server-Sent Events: once a second each is told what has changed. Whoever does not read for
 * ten seconds is dropped; until then, what was missed comes with the next event. Without watchers, nobody looks.
 * Confined to the event loop.
 */
final class Watchers {

    private static final Logger log = LoggerFactory.getLogger(Watchers.class);

    static final int MOST = 16;
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Pulse pulse;
    private final EventLoop loop;
    private final List<Line> lines = new ArrayList<>();
    private @Nullable Future<?> beat;
    private Pulse.@Nullable View last;

    Watchers(Pulse pulse, EventLoop loop) {
        this.pulse = pulse;
        this.loop = loop;
    }

    /** The connection of a watcher. */
    private static final class Line {
        private final Channel channel;
        private final Watcher watcher;
        private final BooleanSupplier permitted;
        private long wrote; // when the connection last took an event

        Line(Channel channel, Watcher watcher, BooleanSupplier permitted, long now) {
            this.channel = channel;
            this.watcher = watcher;
            this.permitted = permitted;
            this.wrote = now;
        }

        /** Returns whether the connection goes on. */
        boolean tell(Pulse.View view, long now) {
            if (!permitted.getAsBoolean()) {
                return false;
            }
            if (!channel.isWritable()) {
                return now - wrote < PATIENCE_NANOS;
            }
            wrote = now;
            channel.writeAndFlush(
                    new DefaultHttpContent(Unpooled.copiedBuffer(watcher.event(view), StandardCharsets.UTF_8)));
            return true;
        }
    }

    /** Returns whether there is room for one more. */
    boolean room() {
        return lines.size() < MOST;
    }

    /**
     * Adds a watcher, whose response has begun.
     *
     * @param permitted whether it may still watch
     */
    void add(Channel channel, Watcher watcher, BooleanSupplier permitted) {
        long now = loop.ticker().nanoTime();
        Line line = new Line(channel, watcher, permitted, now);
        lines.add(line);
        channel.closeFuture().addListener(closed -> remove(line));
        Pulse.View view = last;
        if (beat == null || view == null) {
            view = pulse.look(now);
            last = view;
            beat = loop.scheduleAtFixedRate(this::beat, 1, 1, TimeUnit.SECONDS);
        }
        line.tell(view, now);
    }

    private void remove(Line line) {
        lines.remove(line);
        if (lines.isEmpty() && beat != null) {
            beat.cancel(false);
            beat = null;
            last = null;
        }
    }

    private void beat() {
        try {
            long now = loop.ticker().nanoTime();
            Pulse.View view = pulse.look(now);
            last = view;
            for (Line line : List.copyOf(lines)) {
                if (!line.tell(view, now)) {
                    line.channel.close();
                }
            }
        } catch (RuntimeException e) { // must not end the beat
            log.warn("failed to tell what has changed", e);
        }
    }
}
