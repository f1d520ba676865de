package io.github.wsbridge.bench;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Commands that run a main class of this class path in a JVM of its own, the same as this one. */
final class Jvm {

    private static final String BIN =
            Path.of(System.getProperty("java.home"), "bin").toString();

    /** Absolute, since children have a folder of their own. */
    private static final String CLASS_PATH = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));

    /** As the {@code wsbridge} script gives them: what Netty and the MQTT client do, newer JDKs warn about unless it is allowed. */
    private static final List<String> ALLOWED = Runtime.version().feature() < 23
            ? List.of("--enable-native-access=ALL-UNNAMED")
            : List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private Jvm() {}

    static List<String> command(String mainClass, String options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(BIN + "/java"));
        command.addAll(ALLOWED);
        Arrays.stream(options.trim().split("\\s+"))
                .filter(option -> !option.isEmpty())
                .forEach(command::add);
        command.addAll(List.of("-cp", CLASS_PATH, mainClass));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The JDK's {@code jcmd}. */
    static List<String> jcmd(long pid, String command) {
        return List.of(BIN + "/jcmd", Long.toString(pid), command);
    }
}
