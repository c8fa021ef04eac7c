namespace NsCollector.GuestTests.Service;

/// <summary>Secrets that only root can read and that systemd passes to the service.</summary>
[Collection(GuestCollection.Name)]
public sealed class CredentialTests(Guest guest)
{
    private const string Token = "s3cret-Token_of-the.test==";
    private const string File = "/etc/nscollector/credentials/influx.token";

    [GuestFact]
    public void Token_is_passed_from_roots_file_only_to_the_server()
    {
        // An HTTP server that records requests and responds like InfluxDB.
        guest.Write("/run/test-server/answer", """
            #!/bin/bash
            length=0
            while IFS=$'\r' read -r line && [ -n "$line" ]; do
                echo "$line" >> /run/test-server/headers
                case ${line,,} in content-length:*) length=${line#*: } ;; esac
            done
            head -c "$length" | gzip -dc >> /run/test-server/lines
            printf 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'
            """);
        string cursor = JournalEntry.Cursor(guest);
        guest.Run($"install -m 0600 /dev/stdin {File}; chmod +x /run/test-server/answer; systemd-run --quiet --unit test-server systemd-socket-activate --accept --inetd -l 127.0.0.1:18086 /run/test-server/answer", Token + "\n");
        try
        {
            Assert.Equal("700 root\n600 root", guest.Run($"stat -c '%a %U' {Path.GetDirectoryName(File)} {File}"));
            using var agent = new InstalledAgent(guest, $"[influx:main]\nurl = http://127.0.0.1:18086\nversion = 2\norg = o\nbucket = b\nexpect_continue = off\ntoken_file = {Path.GetFileName(File)}\n");
            Guest.Await(() => guest.Try("grep -q '^nscollector,' /run/test-server/lines").Status == 0, "lines at the server", () => agent.Log);
            string[] headers = guest.Read("/run/test-server/headers").Split('\n');
            Assert.Contains($"Authorization: Token {Token}", headers, StringComparer.OrdinalIgnoreCase);

            Assert.NotEqual(0, guest.Try($"setpriv --reuid nscollector --regid nscollector --clear-groups -- cat {File}").Status);
            string pid = Unit.MainPid(guest);
            Assert.NotEqual(0, guest.Try($"tr '\\0' '\\n' < /proc/{pid}/environ | cat - /proc/{pid}/cmdline | grep -aF '{Token}'").Status);
            Assert.DoesNotContain(Token, guest.Run("nscollector check 2>&1 || true"), StringComparison.Ordinal);
            Assert.NotEqual(0, guest.Try($"grep -rF '{Token}' /var/log/nscollector /var/lib/nscollector").Status);
            Assert.DoesNotContain(JournalEntry.Since(guest, cursor), entry => entry.Message.Contains(Token, StringComparison.Ordinal));
        }
        finally
        {
            guest.Run($"systemctl stop test-server.service; rm -rf /run/test-server /var/lib/nscollector/spool {File}");
        }
    }
}
