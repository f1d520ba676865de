package io.github.wsbridge.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import picocli.AutoComplete;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * Writes the manual pages of all commands as AsciiDoc, and the completion of command lines for bash. The build of the
 * packages runs it; in this package, because the commands are not public.
 */
public final class Manuals {

    private Manuals() {}

    /** @param args the folder of the manual pages, and the file of the completion */
    public static void main(String[] args) throws IOException {
        CommandSpec all = Main.specification(new CommandContext(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                new PrintStream(OutputStream.nullOutputStream()),
                new PrintStream(OutputStream.nullOutputStream()),
                Map.of(),
                false,
                new CompletableFuture<>(),
                hangup -> {}));
        ManPageGenerator.generateManPage(Path.of(args[0]).toFile(), null, new boolean[0], true, all);
        Files.writeString(Path.of(args[1]), AutoComplete.bash("wsbridge", all.commandLine()), StandardCharsets.UTF_8);
    }
}
