using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.TestInfra;

/// <summary>An operator in person, whom a broker knows.</summary>
internal sealed class NamedOperator(Scene scene, string token)
{
    public static async Task<NamedOperator> AddAsync(RunningBroker broker, string name, string roles = "Admin")
    {
        var token = "cbo_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = broker.Get<TimeProvider>().NowMs();
        await broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite(
            "INSERT INTO operator_tokens (hash, name, roles, made_at, expires_at) VALUES (@hash, @name, @roles, @now, @expires)",
            ("hash", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))), ("name", name), ("roles", roles), ("now", now), ("expires", now + 10L * 24 * 3_600_000)));
        return new NamedOperator(broker.Scene, token);
    }

    public Task<Reply> GetAsync(string path) => scene.SendAsync(HttpMethod.Get, path, token);

    public Task<Reply> PostAsync(string path, object? body = null) =>
        scene.SendAsync(HttpMethod.Post, path, token, body is null ? null : new StringContent(JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json"));

    public Task<Reply> DeleteAsync(string path) => scene.SendAsync(HttpMethod.Delete, path, token);

    public Task<Reply> ApplyAsync(string yaml) => scene.SendAsync(HttpMethod.Put, "/v1/templates", token, new StringContent(yaml, Encoding.UTF8, "application/yaml"));
}
