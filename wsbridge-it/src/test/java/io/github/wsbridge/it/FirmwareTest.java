package io.github.wsbridge.it;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonParser;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/firmware.md promises of the jars that a device carries. */
final class FirmwareTest {

    private static final String ROOT = "io.github.wsbridge";
    private static final List<String> CARRIED =
            List.of(ROOT, ROOT + ".spi", ROOT + ".wire..", ROOT + ".client..", ROOT + ".okhttp..");
    private static final Pattern CARRIED_FILES =
            Pattern.compile(".*/io/github/wsbridge/((spi|wire|client|okhttp)/.*|[^/]*)");
    private static final JavaClasses DEVICE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(file -> file.matches(CARRIED_FILES))
            .importPackages(ROOT)
            .that(resideInAnyPackage(CARRIED.toArray(String[]::new)));

    @Test
    void theJdksHttpClient_whichAndroidDoesNotHave_isUsedByOneConnectorOnly() {
        noClasses()
                .that(DescribedPredicate.not(simpleNameStartingWith("Jdk")
                        .or(DescribedPredicate.describe(
                                "inside such a class", type -> type.getName().contains(".Jdk")))))
                .should()
                .dependOnClassesThat(resideInAPackage("java.net.http.."))
                .check(DEVICE);
    }

    /** All that a native image has to be told of. Var handles of arrays are intrinsic there. */
    @Test
    void reflection_isInTheMetadataOfTheModule() throws Exception {
        Set<String> reflecting = DEVICE.stream()
                .flatMap(type -> type.getAccessesFromSelf().stream())
                .filter(FirmwareTest::reflects)
                .map(access -> access.getOriginOwner().getSimpleName() + " "
                        + access.getTarget().getName())
                .collect(Collectors.toSet());
        assertThat(reflecting).containsExactlyInAnyOrder("TaskThreads getMethod", "VirtualThreads findVirtual");
        assertThat(methods("wsbridge-wire"))
                .isEqualTo("java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor");
        assertThat(methods("wsbridge-client")).isEqualTo("java.lang.Thread.isVirtual");
    }

    private static boolean reflects(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getTarget().getName();
        return owner.equals(Class.class.getName())
                        && Set.of(
                                        "forName",
                                        "getMethod",
                                        "getDeclaredMethod",
                                        "getMethods",
                                        "getResource",
                                        "getResourceAsStream",
                                        "getConstructor",
                                        "getDeclaredConstructor")
                                .contains(name)
                || owner.equals(MethodHandles.Lookup.class.getName()) && name.startsWith("find")
                || owner.equals("java.util.ServiceLoader")
                || owner.equals("java.lang.reflect.Proxy");
    }

    private static String methods(String module) throws Exception {
        String path = "/META-INF/native-image/io.github.wsbridge/" + module + "/reachability-metadata.json";
        try (InputStream file = Objects.requireNonNull(FirmwareTest.class.getResourceAsStream(path), path)) {
            var entry = JsonParser.object()
                    .from(new String(file.readAllBytes(), StandardCharsets.UTF_8))
                    .getArray("reflection")
                    .getObject(0);
            return entry.getString("type") + "."
                    + entry.getArray("methods").getObject(0).getString("name");
        }
    }
}
