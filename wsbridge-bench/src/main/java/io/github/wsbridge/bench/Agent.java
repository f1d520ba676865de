package io.github.wsbridge.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The main class of a generator's process. It reads commands from standard input, one per line, such as
 * {@code flow id=1 frame=128}, answers each with a line, {@code ok name=value} or {@code failed why}, and exits at the
 * end of its input.
 */
final class Agent {

    /** The role of the process. */
    interface Role {
        /** Called once; the result is printed in the first line of output. */
        String start() throws Exception;

        /** Executes one command; may block, and is not called concurrently. */
        String handle(String command, Map<String, String> options) throws Exception;
    }

    private Agent() {}

    /** Runs {@code requesters}, {@code devices} or {@code channels}. */
    public static void main(String[] args) throws Exception {
        Role role = switch (args[0]) {
            case "devices" -> new Devices();
            case "channels" -> new Channels();
            default -> new Requesters();
        };
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("ok " + role.start());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(role, line));
        }
        System.exit(0); // even if threads are still running
    }

    private static String answer(Role role, String line) {
        int blank = line.indexOf(' ');
        try {
            return blank < 0
                    ? "ok " + role.handle(line, Map.of())
                    : "ok " + role.handle(line.substring(0, blank), options(line.substring(blank + 1)));
        } catch (Exception e) {
            return "failed " + String.valueOf(e).replace('\n', ' ');
        }
    }

    /** Reads {@code name=value name=value}. */
    static Map<String, String> options(String text) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String pair : text.split(" ")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                options.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return options;
    }

    static String option(Map<String, String> options, String name) throws IOException {
        String value = options.get(name);
        if (value == null) {
            throw new IOException(name + " is missing");
        }
        return value;
    }

    static int number(Map<String, String> options, String name) throws IOException {
        return Integer.parseInt(option(options, name));
    }
}
