package io.github.wsbridge.launcher.home;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the device does, in lines that are also sent to those who follow it, as Server-Sent Events. Confined to the
 * event loop of the page.
 */
final class Journal {

    private static final int KEPT = 20;
    private static final int BEAT_SECONDS = 2;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final EventLoop loop;
    private final long since = System.nanoTime();
    private final Deque<String> last = new ArrayDeque<>();
    private final Set<Channel> followers = new HashSet<>();
    private int requests;

    Journal(EventLoop loop) {
        this.loop = loop;
    }

    void start() {
        loop.scheduleAtFixedRate(this::beat, 0, BEAT_SECONDS, TimeUnit.SECONDS);
    }

    /** Counts a request. */
    void counted() {
        requests++;
    }

    private void beat() {
        Duration up = Duration.ofNanos(System.nanoTime() - since);
        write(String.format(
                Locale.ROOT,
                "up %d:%02d:%02d, %d requests answered",
                up.toHours(),
                up.toMinutesPart(),
                up.toSecondsPart(),
                requests));
    }

    /** Adds a line. */
    void write(String line) {
        String event = "data: " + LocalTime.now().format(TIME) + "  " + line.replaceAll("\\p{Cntrl}", " ") + "\n\n";
        last.addLast(event);
        if (last.size() > KEPT) {
            last.removeFirst();
        }
        followers.forEach(follower -> send(follower, event));
    }

    /** Sends the last lines, and all that follow, to a channel that has been answered with an endless response. */
    void follow(Channel channel) {
        send(channel, String.join("", last));
        followers.add(channel);
        channel.closeFuture().addListener(closed -> followers.remove(channel));
    }

    /** Whoever does not read misses lines. */
    private static void send(Channel channel, String events) {
        if (channel.isWritable()) {
            channel.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(events, UTF_8)));
        }
    }
}
