package io.github.wsbridge.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * All processes of a run. They end when this object is closed and when the JVM exits for any reason: the standard input
 * of the generators then ends, and a shutdown hook stops the others.
 */
final class Processes implements AutoCloseable {

    private static final List<String> FOLDERS = List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin");
    private static final long END_SECONDS = 5;

    private final Path folder;
    private final Deque<Child> children = new ArrayDeque<>();
    private final Thread hook = new Thread(this::endAll, "processes");
    private int count;

    /** Keeps the output of child processes in {@code folder}, which is deleted at the end. */
    Processes(Path folder) {
        this.folder = folder;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Returns the folder for the files of child processes. */
    Path folder() {
        return folder;
    }

    /** Returns the absolute path of a program from {@code debianPackage}. */
    static String find(String name, String debianPackage) throws IOException {
        return FOLDERS.stream()
                .map(place -> Path.of(place, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseThrow(() -> new IOException(name + " not found: install the Debian package " + debianPackage));
    }

    /** Returns the absolute path of a program in the folders of {@code path}, separated by colons. */
    static Optional<String> onPath(String name, String path) {
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name).toAbsolutePath())
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst()
                .map(Path::toString);
    }

    /** Returns the {@code PATH} of this process. */
    static String path() {
        return Objects.requireNonNullElse(System.getenv("PATH"), "");
    }

    /** Returns the processes that have not been stopped. */
    synchronized List<Child> running() {
        return List.copyOf(children);
    }

    /** Starts a program with its output redirected to a file. */
    Child start(String name, List<String> command) throws IOException {
        return start(name, command, false);
    }

    /** Starts a program whose input and output are pipes. */
    Child startPiped(String name, List<String> command) throws IOException {
        return start(name, command, true);
    }

    private synchronized Child start(String name, List<String> command, boolean piped) throws IOException {
        Path log = folder.resolve(++count + "-" + name + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(log.toFile());
        if (!piped) {
            builder.redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        }
        builder.environment().keySet().removeIf(variable -> variable.startsWith("WSBRIDGE_"));
        Child child = new Child(name, builder.start(), log);
        children.push(child);
        return child;
    }

    /** Stops a process that is no longer needed, and waits until it has exited. */
    void end(Child child) throws InterruptedException {
        synchronized (this) {
            children.remove(child);
        }
        end(List.of(child));
    }

    private void endAll() {
        List<Child> all;
        synchronized (this) {
            all = List.copyOf(children);
            children.clear();
        }
        try {
            end(all);
            delete();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e.getMessage());
        }
    }

    private void delete() throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static void end(List<Child> some) throws InterruptedException {
        List<ProcessHandle> handles = new ArrayList<>();
        for (Child child : some) {
            ProcessHandle handle = child.process().toHandle();
            Stream.concat(Stream.of(handle), handle.descendants()).forEach(handles::add);
        }
        handles.forEach(ProcessHandle::destroy);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        for (Child child : some) {
            child.process().waitFor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        for (ProcessHandle handle : handles) {
            if (handle.isAlive()) {
                handle.destroyForcibly();
            }
        }
        for (Child child : some) {
            child.process().waitFor(END_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        endAll();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is already exiting.
        }
    }
}
