package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The heap of another JVM, by {@code jcmd}. */
record JvmHeap(Processes processes, Child child) {

    private static final long GC_SECONDS = 60;

    /** Matches one line per generation, or one for all of them. */
    private static final Pattern SPACE = Pattern.compile("(?:generation|heap) +total \\d+K, used (\\d+)K");

    /** Makes the JVM collect garbage twice, because the first collection may only find what the second can free. */
    void collectGarbage() throws IOException, InterruptedException {
        for (int i = 0; i < 2; i++) {
            jcmd("GC.run");
        }
    }

    /** Returns the used heap in bytes; right after {@link #collectGarbage}, the live heap. */
    long usedBytes() throws IOException, InterruptedException {
        long used = 0;
        Matcher space = SPACE.matcher(jcmd("GC.heap_info"));
        while (space.find()) {
            used += Long.parseLong(space.group(1)) * 1024;
        }
        return used;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Child jcmd = processes.start("jcmd", Jvm.jcmd(child.pid(), command));
        if (!jcmd.process().waitFor(GC_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("jcmd " + command + " timed out");
        }
        processes.end(jcmd);
        return jcmd.printed();
    }
}
