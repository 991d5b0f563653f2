using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's engine <c>pki</c>: one authority with roles, which signs real certificates and knows which were revoked.</summary>
internal sealed class StandInPki(StandInState state)
{
    private readonly Dictionary<string, JsonObject> _roles = [];
    private readonly Dictionary<string, (string Pem, long RevokedAt)> _issued = [];
    private X509Certificate2? _authority;

    public StandInReply? Handle(StandInToken caller, string path, JsonObject? body) => path.Split('/') switch
    {
        [_, "root", "generate", "internal"] when body is not null => Generate(path, body),
        [_, "roles", var name] when body is not null => Role(name, path, body),
        [_, "issue", var name] when body is not null => Issue(caller, name, path, body),
        [_, "cert", var serial] when body is null && _issued.TryGetValue(serial, out var found) => StandInReply.Envelope(new JsonObject { ["certificate"] = found.Pem, ["revocation_time"] = found.RevokedAt }),
        _ => null,
    };

    private StandInReply Generate(string path, JsonObject body)
    {
        state.Only(path, body, "common_name", "ttl", "key_type", "key_bits");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(string)body["common_name"]!}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddMinutes(-1), now.AddSeconds(StandInState.Seconds(body["ttl"])!.Value));
        return StandInReply.Envelope(new JsonObject { ["certificate"] = _authority.ExportCertificatePem(), ["issuing_ca"] = _authority.ExportCertificatePem(), ["serial_number"] = SerialOf(_authority) });
    }

    private StandInReply Role(string name, string path, JsonObject body)
    {
        state.Only(path, body, "allow_any_name", "allowed_domains", "allow_subdomains", "enforce_hostnames", "max_ttl", "generate_lease", "key_type", "key_bits");
        _roles[name] = (JsonObject)body.DeepClone();
        return StandInReply.Done;
    }

    private StandInReply Issue(StandInToken caller, string name, string path, JsonObject body)
    {
        state.Only(path, body, "common_name", "alt_names", "ip_sans", "uri_sans", "ttl", "format", "exclude_cn_from_sans");
        if (!_roles.TryGetValue(name, out var role)) return StandInReply.Refused(400, $"unknown role: {name}");
        if (_authority is null) return StandInReply.Refused(400, "could not fetch the CA certificate (was one set?)");
        var seconds = Math.Min(StandInState.Seconds(body["ttl"])!.Value, StandInState.Seconds(role["max_ttl"]) ?? long.MaxValue);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest($"CN={(string)body["common_name"]!}", key, HashAlgorithmName.SHA256).Create(_authority, now.AddSeconds(-30), now.AddSeconds(seconds), RandomNumberGenerator.GetBytes(12));
        var (serial, pem, authority) = (SerialOf(made), made.ExportCertificatePem(), _authority.ExportCertificatePem());
        _issued[serial] = (pem, 0);
        var lease = (bool?)role["generate_lease"] == true
            ? state.NewLease(new StandInLease($"{path}/{RandomNumberGenerator.GetHexString(24)}", caller.Id, "pki", Renewable: false, seconds)
            {
                Expires = now.AddSeconds(seconds), AtEnd = () => _issued[serial] = (pem, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
            })
            : null;
        return StandInReply.Envelope(
            new JsonObject
            {
                ["certificate"] = pem, ["issuing_ca"] = authority, ["ca_chain"] = new JsonArray(authority), ["private_key"] = key.ExportECPrivateKeyPem(), ["private_key_type"] = "ec",
                ["serial_number"] = serial, ["expiration"] = now.ToUnixTimeSeconds() + seconds,
            },
            leaseId: lease?.Id ?? "", duration: lease is null ? 0 : seconds);
    }

    private static string SerialOf(X509Certificate2 certificate) => string.Join(':', Convert.ToHexStringLower(certificate.SerialNumberBytes.Span).Chunk(2).Select(pair => new string(pair)));
}
