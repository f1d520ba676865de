package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.wire.net.StreamAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ForwardTest {

    @ParameterizedTest
    @CsvSource({
        "8080=pi-7/web,127.0.0.1:8080,pi-7,web",
        "0=pi-7/web,127.0.0.1:0,pi-7,web",
        "0.0.0.0:8080=pi-7/web,0.0.0.0:8080,pi-7,web",
        "[::1]:22=pi-7/ssh,[::1]:22,pi-7,ssh",
        "22=site/floor/pi-7/ssh,127.0.0.1:22,site/floor/pi-7,ssh",
        "22=a=b/10.0.0.1:80,127.0.0.1:22,a=b,10.0.0.1:80",
        "22=pi-7/[::1]:80,127.0.0.1:22,pi-7,[::1]:80",
        "22=behind NAT/ssh,127.0.0.1:22,behind NAT,ssh",
        "unix:/run/web.sock=site/pi-7/web,unix:/run/web.sock,site/pi-7,web"
    })
    void parse_form_isSplit(String text, String listen, String device, String target) {
        assertThat(Forward.parse(text)).isEqualTo(new Forward(StreamAddress.parse(listen), device, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8080",
                "8080=pi-7",
                "8080=pi-7/",
                "8080=/web",
                "=pi-7/web",
                "pi-7/web",
                "host=pi-7/web",
                "65536=pi-7/web",
                "::1:80=pi-7/web",
                "unix:sock=pi-7/web",
                "8080=pi\n7/web"
            })
    void parse_anythingElse_isRefused(String text) {
        assertThatThrownBy(() -> Forward.parse(text)).isInstanceOf(TypeConversionException.class);
    }
}
