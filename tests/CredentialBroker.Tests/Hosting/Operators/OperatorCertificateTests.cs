using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>Operators by client certificate.</summary>
public sealed class OperatorCertificateTests
{
    [Fact]
    public async Task A_name_of_the_certificate_brings_the_role_that_is_bound_to_it()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var ann = scene.Staff.Issue("CN=ignored", names => names.AddEmailAddress("ann@test"));
        var me = (await scene.ShowAsync(ann, HttpMethod.Get, "/v1/whoami")).Json;
        Assert.Equal(("certificate:staff", "ann@test", """[{"role":"auditor"}]"""), (me.GetProperty("issuer").GetString(), me.GetProperty("subject").GetString(), me.GetProperty("roles").GetRawText()));

        using var robot = scene.Staff.Issue("CN=ignored", names => names.AddUri(new Uri("spiffe://test/ops/robot")));
        Assert.Equal("environment=test", (await scene.ShowAsync(robot, HttpMethod.Get, "/v1/whoami")).Json.GetProperty("roles")[0].GetProperty("selector").GetString());
        using var root = scene.Staff.Issue("CN=root, O=Test");
        Assert.Equal("CN=root, O=Test", (await scene.ShowAsync(root, HttpMethod.Get, "/v1/whoami")).Json.GetProperty("subject").GetString());

        // A name of one kind is none of another.
        using var posing = scene.Staff.Issue("CN=ann@test", names => names.AddDnsName("ann@test"));
        Assert.Equal("operator_forbidden", (await scene.ShowAsync(posing, HttpMethod.Get, "/v1/whoami")).Code);
    }

    [Fact]
    public async Task What_the_authorities_do_not_vouch_for_is_refused()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var others = new TestAuthority("CN=Staff CA");
        void Ann(SubjectAlternativeNameBuilder names) => names.AddEmailAddress("ann@test");
        X509Certificate2[] refused =
        [
            others.Issue("CN=ann", Ann),
            scene.Staff.Issue("CN=ann", Ann, usage: TestAuthority.ServerAuthentication),
            scene.Staff.Issue("CN=ann", Ann, usage: null),
            scene.Staff.Issue("CN=ann", Ann, life: (TimeSpan.FromHours(-3), TimeSpan.FromHours(-1))),
            scene.Staff.Issue("CN=ann", Ann, life: (TimeSpan.FromHours(1), TimeSpan.FromHours(2))),
            scene.Staff.Issue("CN=ann", Ann, change: request => request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true))),
            scene.Staff.Issue("CN=ann", change: request => request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x03, 0x81, 0x05, 0x61], false))),
            scene.Staff.Issue("CN=ann", change: request => request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x05, 0x81, 0x03, 0x61, 0x0A, 0x62], false))),
        ];
        foreach (var (index, certificate) in refused.Index())
        {
            var reply = await scene.ShowAsync(certificate, HttpMethod.Get, "/v1/whoami");
            Assert.True((int)reply.Status == 401 && reply.Code == "operator_unknown", $"{index}: {reply}");
            certificate.Dispose();
        }
    }

    [Fact]
    public async Task Headers_that_tell_of_a_certificate_are_not_believed()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var root = scene.Staff.Issue("CN=root, O=Test");
        foreach (var header in new[] { "X-Client-Cert", "X-Forwarded-Client-Cert", "X-ARR-ClientCert", "Client-Cert", "ssl-client-cert" })
        {
            var reply = await scene.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", null, null, (header, Convert.ToBase64String(root.RawData)));
            Assert.Equal("operator_unknown", reply.Code);
        }
    }

    [Fact]
    public async Task Beside_a_token_a_certificate_proves_nothing()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var root = scene.Staff.Issue("CN=root, O=Test");
        Assert.Equal("operator_unknown", (await scene.ShowAsync(root, HttpMethod.Get, "/v1/whoami", "garbage")).Code);
        var me = await scene.ShowAsync(root, HttpMethod.Get, "/v1/whoami", scene.Token("ann", "auditors"));
        Assert.Equal("ann", me.Json.GetProperty("subject").GetString());
    }

    [Fact]
    public async Task A_certificate_that_two_sets_vouch_for_is_nobodys()
    {
        await using var scene = await OperatorScene.StartAsync(change: configuration =>
            configuration["Operators"]!["Certificates"]!["again"] = configuration["Operators"]!["Certificates"]!["staff"]!.DeepClone());
        using var root = scene.Staff.Issue("CN=root, O=Test");
        Assert.Equal("operator_unknown", (await scene.ShowAsync(root, HttpMethod.Get, "/v1/whoami")).Code);
    }

    [Fact]
    public async Task The_file_of_the_authorities_is_read_again_when_it_changes_and_denies_when_it_is_gone()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var others = new TestAuthority("CN=Other CA");
        using var mine = scene.Staff.Issue("CN=root, O=Test");
        using var theirs = others.Issue("CN=root, O=Test");
        Assert.Equal(200, (int)(await scene.ShowAsync(mine, HttpMethod.Get, "/v1/whoami")).Status);
        Replace(scene.AuthorityFile, others.Pem);
        Assert.Equal(401, (int)(await scene.ShowAsync(mine, HttpMethod.Get, "/v1/whoami")).Status);
        Assert.Equal(200, (int)(await scene.ShowAsync(theirs, HttpMethod.Get, "/v1/whoami")).Status);
        File.Delete(scene.AuthorityFile);
        Assert.Equal((503, "evidence_keys_unavailable"), await CodeAsync(scene, theirs));
        Replace(scene.AuthorityFile, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.Equal((503, "evidence_keys_unavailable"), await CodeAsync(scene, theirs));
    }

    private static async Task<(int, string?)> CodeAsync(OperatorScene scene, X509Certificate2 certificate)
    {
        var reply = await scene.ShowAsync(certificate, HttpMethod.Get, "/v1/whoami");
        return ((int)reply.Status, reply.Code);
    }

    /// <summary>Writes the file with another time of change, however fast the test runs.</summary>
    private static void Replace(string file, string text)
    {
        var before = File.Exists(file) ? File.GetLastWriteTimeUtc(file) : TimeProvider.System.GetUtcNow().UtcDateTime;
        File.WriteAllText(file, text);
        File.SetLastWriteTimeUtc(file, before.AddSeconds(2));
    }
}
