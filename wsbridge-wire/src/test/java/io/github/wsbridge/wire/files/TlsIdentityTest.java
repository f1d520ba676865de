package io.github.wsbridge.wire.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With keys and certificates that OpenSSL has made. */
class TlsIdentityTest {

    @TempDir
    Path folder;

    private Path password;

    private static Path sample(String name) throws Exception {
        return Path.of(TlsIdentityTest.class.getResource(name).toURI());
    }

    private Path password() throws IOException {
        password = password == null ? Files.writeString(folder.resolve("password"), "secret\n") : password;
        return password;
    }

    @ParameterizedTest
    @CsvSource({
        "ec-sec1.pem, ec-certificate.pem, EC",
        "ec-encrypted.pem, ec-certificate.pem, EC",
        "rsa-pkcs1.pem, rsa-certificate.pem, RSA",
        "ed25519-pkcs8.pem, ed25519-certificate.pem, EdDSA"
    })
    void read_eachForm_isTheKeyOfItsCertificate(String key, String certificate, String algorithm) throws Exception {
        TlsIdentity identity = TlsIdentity.read(sample(certificate), sample(key), password());
        assertThat(identity.key().getAlgorithm()).isEqualTo(algorithm);
        assertThat(identity.chain()).hasSize(1);
        assertThat(identity.toString()).contains(".example, valid until 2126-");
    }

    @ParameterizedTest
    @CsvSource({"ec-sec1.pem, ec-certificate.pem", "rsa-pkcs1.pem, rsa-certificate.pem"})
    void read_oneFile_withByteOrderMarkAndWindowsLines(String key, String certificate) throws Exception {
        String both = Files.readString(sample(key)) + "Bag Attributes: -----\n" + Files.readString(sample(certificate));
        Path file = Files.writeString(folder.resolve("both.pem"), "\uFEFF" + both.replace("\n", "\r\n"));
        assertThat(TlsIdentity.read(file, file, null).chain()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "ec-sec1.pem, rsa-certificate.pem, does not belong to the first certificate",
        "rsa-pkcs1.pem, ed25519-certificate.pem, does not belong to the first certificate",
        "ec-certificate.pem, ec-certificate.pem, contains no PEM private key",
        "ec-sec1.pem, ec-sec1.pem, contains no PEM certificate",
        "ec-scrypt.pem, ec-certificate.pem, convert it with 'openssl pkcs8",
        "rsa-old-encrypted.pem, rsa-certificate.pem, convert it with 'openssl pkcs8"
    })
    void read_unsuitableFiles_saysWhatIsWrong(String key, String certificate, String message) throws Exception {
        assertThatThrownBy(() -> TlsIdentity.read(sample(certificate), sample(key), password()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(key);
    }

    @Test
    void read_otherKeyOfTheSameKind_doesNotBelong() throws Exception {
        Path other = Files.writeString(
                folder.resolve("other.pem"),
                Files.readString(sample("ed25519-pkcs8.pem")).replace("Af5X", "Af5Y"));
        assertThatThrownBy(() -> TlsIdentity.read(sample("ed25519-certificate.pem"), other, null))
                .hasMessageContaining("does not belong to the first certificate");
    }

    @Test
    void read_encryptedKey_needsItsPassword() throws Exception {
        Path certificate = sample("ec-certificate.pem");
        Path key = sample("ec-encrypted.pem");
        Path wrong = Files.writeString(folder.resolve("wrong"), "secre");
        assertThatThrownBy(() -> TlsIdentity.read(certificate, key, null))
                .hasMessageContaining("needs a password file");
        assertThatThrownBy(() -> TlsIdentity.read(certificate, key, wrong))
                .hasMessageContaining("cannot be decrypted with the password in " + wrong);
    }

    @Test
    void read_filesOfOtherFormats_saysSo() throws Exception {
        Path certificate = sample("ec-certificate.pem");
        byte[] der = Pem.blocks(certificate).get(0).data();
        Path binary = Files.write(folder.resolve("binary"), der);
        assertThatThrownBy(() -> Pem.certificates(binary)).hasMessageContaining("binary is in DER format");
        Path wide = Files.writeString(
                folder.resolve("wide"), "\uFEFF" + Files.readString(certificate), StandardCharsets.UTF_16LE);
        assertThatThrownBy(() -> Pem.certificates(wide)).hasMessage(wide + " is in UTF-16; save it as UTF-8 or ASCII");
        Path cut = Files.writeString(
                folder.resolve("cut"), Files.readString(certificate).replace("MIIB", "MI*B"));
        assertThatThrownBy(() -> Pem.certificates(cut))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cut");
        Path damaged = Files.writeString(
                folder.resolve("damaged"),
                Files.readString(sample("ec-sec1.pem")).replaceAll("MHcC", "MHgC"));
        assertThatThrownBy(() -> TlsIdentity.read(certificate, damaged, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }
}
