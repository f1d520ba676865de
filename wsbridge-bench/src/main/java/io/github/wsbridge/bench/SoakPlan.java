package io.github.wsbridge.bench;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What happens on one stream. Both ends know it: it is the request data.
 *
 * @param seed of the content of both directions
 * @param up how many bytes the requester sends
 * @param down how many bytes the device sends
 * @param event what happens meanwhile
 * @param at after how many bytes of those that the acting end receives
 * @param pauseMillis how long a pause takes
 */
record SoakPlan(long seed, long up, long down, Event event, long at, int pauseMillis) {

    private static final int LARGEST = 24; // the logarithm of the largest size in bytes
    private static final int LONGEST_PAUSE = 3_000;

    enum Event {
        NONE,
        REQUESTER_PAUSES,
        DEVICE_PAUSES,
        REQUESTER_CLOSES,
        DEVICE_CLOSES,
        DEVICE_REJECTS,
        REQUESTER_LEAVES;

        /** Whether the stream ends with an error even if nothing goes wrong. */
        boolean fails() {
            return this != NONE && this != REQUESTER_PAUSES && this != DEVICE_PAUSES;
        }
    }

    /** Returns a plan in which small and large streams are equally likely, and half of the streams are undisturbed. */
    static SoakPlan random(RandomGenerator random) {
        Event[] events = Event.values();
        Event event = random.nextBoolean() ? Event.NONE : events[random.nextInt(events.length)];
        long up = size(random);
        long down = size(random);
        boolean requester = event == Event.REQUESTER_PAUSES || event == Event.REQUESTER_CLOSES;
        long received = requester ? down : up;
        long at = received == 0 ? 0 : random.nextLong(received);
        return new SoakPlan(random.nextLong() >>> 1, up, down, event, at, random.nextInt(LONGEST_PAUSE));
    }

    private static long size(RandomGenerator random) {
        return random.nextLong(1L << random.nextInt(LARGEST + 1));
    }

    /** Returns the request data. */
    String text() {
        return seed + "-" + up + "-" + down + "-" + event + "-" + at + "-" + pauseMillis;
    }

    /** @throws IllegalArgumentException if the text is not request data of a plan */
    static SoakPlan parse(String text) {
        String[] parts = text.split("-");
        if (parts.length != 6) {
            throw new IllegalArgumentException("not a plan: " + text);
        }
        return new SoakPlan(
                Long.parseLong(parts[0]),
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Event.valueOf(parts[3]),
                Long.parseLong(parts[4]),
                Integer.parseInt(parts[5]));
    }

    SoakContent upload() {
        return new SoakContent(seed);
    }

    SoakContent download() {
        return new SoakContent(~seed);
    }

    Duration pause() {
        return Duration.ofMillis(pauseMillis);
    }
}
