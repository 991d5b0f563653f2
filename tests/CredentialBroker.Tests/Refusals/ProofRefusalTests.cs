using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Keys that a claim says it holds: what does not prove them is refused with its code, and makes nothing.</summary>
public sealed class ProofRefusalTests
{
    [Fact]
    public async Task A_token_is_bound_to_the_key_of_a_DPoP_proof_and_to_no_other()
    {
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, null, Standards.Token("dpop", "https://dpop.test", "dpop"));
        var scene = hostile.Scene;
        using var key = new DpopKey(hostile.Clock);
        using var other = new DpopKey(hostile.Clock);
        var pod = await hostile.ApprovedPodAsync("dpop");
        var (claimUrl, tokenUrl) = (Url(hostile, "/v1/leases"), Url(hostile, "/oauth2/token"));

        await hostile.RefusedAsync(403, "proof_missing", true, "no proof", () => Claim(scene, hostile.Token(pod)));
        foreach (var (what, proof) in new (string, string)[]
        {
            ("garbage", "garbage"), ("empty", " "), ("five parts", "a.b.c.d.e"), ("too long", key.Proof(claimUrl, claims: c => c["x"] = new string('x', 5000))),
            ("another method", key.Proof(claimUrl, "GET")), ("another URL", key.Proof(tokenUrl)), ("another host", key.Proof("https://broker.example/v1/leases")),
            ("a user in the URL", key.Proof(claimUrl.Replace("://", "://u@", StringComparison.Ordinal))), ("no URL", key.Proof("x")), ("a longer path", key.Proof(claimUrl + "/x")),
            ("too old", key.Proof(claimUrl, claims: c => c["iat"] = hostile.Clock.GetUtcNow().ToUnixTimeSeconds() - 90)),
            ("too new", key.Proof(claimUrl, claims: c => c["iat"] = hostile.Clock.GetUtcNow().ToUnixTimeSeconds() + 90)),
            ("iat beyond time", key.Proof(claimUrl, claims: c => c["iat"] = long.MaxValue)), ("iat as text", key.Proof(claimUrl, claims: c => c["iat"] = "now")),
            ("no iat", key.Proof(claimUrl, claims: c => c.Remove("iat"))), ("no jti", key.Proof(claimUrl, claims: c => c.Remove("jti"))), ("empty jti", key.Proof(claimUrl, claims: c => c["jti"] = "")),
            ("long jti", key.Proof(claimUrl, claims: c => c["jti"] = new string('j', 300))), ("no htm", key.Proof(claimUrl, claims: c => c.Remove("htm"))), ("no htu", key.Proof(claimUrl, claims: c => c.Remove("htu"))),
            ("typ JWT", key.Proof(claimUrl, header: h => h["typ"] = "JWT")), ("no typ", key.Proof(claimUrl, header: h => h.Remove("typ"))), ("alg none", key.Proof(claimUrl, header: h => h["alg"] = "none")),
            ("alg HS256", key.Proof(claimUrl, header: h => h["alg"] = "HS256")), ("alg ES384", key.Proof(claimUrl, header: h => h["alg"] = "ES384")), ("no key", key.Proof(claimUrl, header: h => h.Remove("jwk"))),
            ("another's key", key.Proof(claimUrl, header: h => h["jwk"] = other.Jwk())), ("a private key", key.Proof(claimUrl, header: h => h["jwk"]!["d"] = key.PrivatePart)),
            ("a point off the curve", key.Proof(claimUrl, header: h => h["jwk"]!["x"] = h["jwk"]!["y"]!.DeepClone())), ("another curve", key.Proof(claimUrl, header: h => h["jwk"]!["crv"] = "P-384")),
            ("a secret key", key.Proof(claimUrl, header: h => h["jwk"] = new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" })), ("jku", key.Proof(claimUrl, header: h => h["jku"] = "https://keys.example")),
            ("crit", key.Proof(claimUrl, header: h => h["crit"] = new JsonArray("b64"))), ("kid", key.Proof(claimUrl, header: h => h["kid"] = "k")), ("no signature", key.Proof(claimUrl)[..^86]),
            ("a changed signature", Flip(key.Proof(claimUrl))),
        }) await hostile.RefusedAsync(400, "proof_invalid", false, what, () => Claim(scene, hostile.Token(pod), proof));

        await hostile.RefusedAsync(400, "proof_invalid", false, "two proofs", () => scene.SendAsync(
            HttpMethod.Post, "/v1/leases", hostile.Token(pod), Body(), ("Idempotency-Key", "k"), ("DPoP", key.Proof(claimUrl)), ("DPoP", key.Proof(claimUrl))));

        var used = key.Proof(claimUrl + "?x=1#y");
        var claimed = await Claim(scene, hostile.Token(pod), used);
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        Assert.Equal("DPoP", claimed.Json.GetProperty("credential").GetProperty("tokenType").GetString());
        var token = claimed.Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.Equal(key.Thumbprint, Standards.Claims(token).GetProperty("cnf").GetProperty("jkt").GetString());
        var seen = (await scene.FormAsync("/oauth2/introspect", hostile.Token(pod), ("token", token))).Json;
        Assert.Equal((key.Thumbprint, "DPoP"), (seen.GetProperty("cnf").GetProperty("jkt").GetString(), seen.GetProperty("token_type").GetString()));
        await hostile.RefusedAsync(401, "evidence_replayed", true, "the same proof again", () => Claim(scene, hostile.Token(pod), used));

        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        var renewUrl = Url(hostile, $"/v1/leases/{lease}/renew");
        await hostile.RefusedAsync(403, "proof_missing", true, "renewal without proof", () => Renew(scene, hostile.Token(pod), lease, null));
        await hostile.RefusedAsync(403, "proof_mismatch", true, "renewal with another key", () => Renew(scene, hostile.Token(pod), lease, other.Proof(renewUrl)));
        await hostile.RefusedAsync(400, "proof_invalid", false, "renewal with the claim's proof", () => Renew(scene, hostile.Token(pod), lease, key.Proof(claimUrl)));
        var renewed = await Renew(scene, hostile.Token(pod), lease, key.Proof(renewUrl));
        Assert.Equal(key.Thumbprint, Standards.Claims(renewed.Json.GetProperty("credential").GetProperty("token").GetString()!).GetProperty("cnf").GetProperty("jkt").GetString());

        var exchanged = await scene.ExchangeAsync(hostile.Token(pod), [("audience", "https://dpop.test")], ("DPoP", key.Proof(tokenUrl)));
        Assert.Equal("DPoP", exchanged.Json.GetProperty("token_type").GetString());
        Assert.Equal("invalid_dpop_proof", (await scene.ExchangeAsync(hostile.Token(pod), [("audience", "https://dpop.test")], ("DPoP", key.Proof(claimUrl)))).Json.GetProperty("error").GetString());
        Assert.Equal("invalid_request", (await scene.ExchangeAsync(hostile.Token(pod), [("audience", "https://dpop.test")])).Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_token_is_bound_to_the_client_certificate_of_its_connection()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var mine = new CertificateRequest("CN=mine", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var other = new CertificateRequest("CN=other", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, services =>
            services.AddSingleton<IStartupFilter>(new ClientCertificates(new Dictionary<string, X509Certificate2> { ["mine"] = mine, ["other"] = other })), Standards.Token("mtls", "https://mtls.test", "mtls"));
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("mtls");
        using var dpop = new DpopKey(hostile.Clock);
        await hostile.RefusedAsync(403, "proof_missing", true, "no certificate", () => Claim(scene, hostile.Token(pod), null, "mtls"));
        await hostile.RefusedAsync(403, "proof_missing", true, "another kind of proof", () => Claim(scene, hostile.Token(pod), dpop.Proof(Url(hostile, "/v1/leases")), "mtls"));

        var claimed = await Claim(scene, hostile.Token(pod), null, "mtls", "mine");
        var expected = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(mine.RawData));
        Assert.Equal(expected, Standards.Claims(claimed.Json.GetProperty("credential").GetProperty("token").GetString()!).GetProperty("cnf").GetProperty("x5t#S256").GetString());
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await hostile.RefusedAsync(403, "proof_mismatch", true, "renewal over another certificate", () =>
            scene.SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", hostile.Token(pod), null, (ClientCertificates.Header, "other")));
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", hostile.Token(pod), null, (ClientCertificates.Header, "mine"))).Status);
    }

    [Fact]
    public async Task A_signing_request_gives_its_key_and_nothing_else_and_a_hostile_one_is_refused()
    {
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, null, Standards.Certificate());
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("certificate");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var weak = RSA.Create(1024);
        using var k1 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var good = Greedy(new CertificateRequest("CN=root, O=Somebody", key, HashAlgorithmName.SHA256));
        var der = PemEncoding.Find(good) is var fields ? Convert.FromBase64String(good[fields.Base64Data]) : [];

        foreach (var (what, csr) in new (string, string)[]
        {
            ("empty", ""), ("garbage", "garbage"), ("not PEM", Convert.ToBase64String(der)), ("a certificate", good.Replace(" REQUEST", "", StringComparison.Ordinal)), ("two requests", good + "\n" + good),
            ("text before", "x" + good), ("text behind", good + "\nx"), ("a changed signature", Pem(Changed(der, der.Length - 1))), ("a changed key", Pem(Changed(der, der.Length / 3))), ("cut short", Pem(der[..^8])),
            ("something behind", Pem([.. der, 0])), ("nothing inside", Pem([])), ("not ASN.1", Pem([1, 2, 3])), ("too large", Pem(new byte[9 * 1024])),
            ("RSA of 1024 bits", new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem()),
            ("P-521", new CertificateRequest("CN=x", k1, HashAlgorithmName.SHA256).CreateSigningRequestPem()), ("a deep nest", Pem([.. Enumerable.Repeat((byte)0x30, 4000)])),
        }) await hostile.RefusedAsync(400, "signing_request_invalid", false, what, () => scene.ClaimAsync(hostile.Token(pod), "certificate", null, ("csr", csr)));
        await hostile.RefusedAsync(400, "request_malformed", false, "no text", () => scene.ClaimAsync(hostile.Token(pod), "certificate", null, ("csr", 5)));

        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        foreach (var (request, spki) in new[]
        {
            (good, key.ExportSubjectPublicKeyInfo()), (new CertificateRequest("CN=x", p384, HashAlgorithmName.SHA384).CreateSigningRequestPem(), p384.ExportSubjectPublicKeyInfo()),
            (new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSigningRequestPem(), rsa.ExportSubjectPublicKeyInfo()),
        })
        {
            var claimed = await scene.ClaimAsync(hostile.Token(pod), "certificate", null, ("csr", request));
            Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
            var credential = claimed.Json.GetProperty("credential");
            Assert.False(credential.TryGetProperty("privateKey", out _));
            using var leaf = X509Certificate2.CreateFromPem(credential.GetProperty("certificate").GetString());
            Assert.Equal(spki, leaf.PublicKey.ExportSubjectPublicKeyInfo());
            Assert.DoesNotContain("root", leaf.Subject, StringComparison.Ordinal);
            Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
            Assert.Empty(leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        }
    }

    /// <summary>Asks for everything.</summary>
    private static string Greedy(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("admin.test");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequestPem();
    }

    private static string Pem(byte[] der) => PemEncoding.WriteString("CERTIFICATE REQUEST", der);

    private static byte[] Changed(byte[] der, int at)
    {
        var changed = der.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    private static string Flip(string proof) => proof[..^10] + (proof[^10] == 'A' ? 'B' : 'A') + proof[^9..];

    private static string Url(HostileScene hostile, string path) => hostile.Broker.Host.Address.TrimEnd('/') + path;

    private static StringContent Body(string template = "dpop") => new(new JsonObject { ["template"] = template }.ToJsonString(), System.Text.Encoding.UTF8, "application/json");

    private static Task<Reply> Claim(Scene scene, string token, string? proof = null, string template = "dpop", string? certificate = null) => scene.SendAsync(
        HttpMethod.Post, "/v1/leases", token, Body(template),
        [("Idempotency-Key", CredentialBroker.Protocol.Ids.New(TimeProvider.System)), .. proof is null ? [] : new[] { ("DPoP", proof) }, .. certificate is null ? [] : new[] { (ClientCertificates.Header, certificate) }]);

    private static Task<Reply> Renew(Scene scene, string token, string lease, string? proof) =>
        scene.SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", token, null, proof is null ? [] : [("DPoP", proof)]);
}
