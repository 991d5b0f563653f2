using System.Buffers.Text;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Revocation;

/// <summary>The status list as a verifier reads it: from the token's own reference, by the issuer's published keys.</summary>
[Collection("postgres")]
public sealed class StatusListTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_token_is_valid_in_its_list_until_its_lease_ends_and_all_of_a_lease_share_a_place(string store)
    {
        await using var broker = await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, Standards.Configure);
        var scene = broker.Scene;
        await scene.ActivateAsync(Standards.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var (kept, ended) = (await ClaimAsync(scene, pod), await ClaimAsync(scene, pod));
        Assert.NotEqual(Reference(kept), Reference(ended));
        Assert.Equal((0, 0), (await StatusAsync(scene, kept), await StatusAsync(scene, ended)));

        var lease = Standards.Claims(ended).GetProperty("lease").GetString()!;
        var renewed = (await scene.RenewAsync(scene.Token(pod), lease)).Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.Equal(Reference(ended), Reference(renewed));
        await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", scene.Token(pod));
        Assert.Equal((0, 1, 1), (await StatusAsync(scene, kept), await StatusAsync(scene, ended), await StatusAsync(scene, renewed)));
        await scene.LeaseUntilAsync(lease, "ended");
        Assert.Equal((0, 1), (await StatusAsync(scene, kept), await StatusAsync(scene, ended)));

        Assert.Equal(HttpStatusCode.NotFound, (await scene.SendAsync(HttpMethod.Get, "/issuer/workload/status/1", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.SendAsync(HttpMethod.Get, "/issuer/workload/status/-1", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.SendAsync(HttpMethod.Get, "/issuer/workload/status/x", null)).Status);
    }

    [Fact]
    public async Task No_two_replicas_hand_out_one_place()
    {
        var store = await postgres.NewDatabaseAsync();
        await using var one = await Brokers.StartAsync(store, Standards.Configure);
        await using var other = await Brokers.StartAsync(store, Standards.Configure, one.Folder);
        async Task<List<long>> TakeAsync(StatusIndexes indexes)
        {
            var taken = new List<long>();
            for (var i = 0; i < StatusIndexes.BlockSize + 10; i++) taken.Add(await indexes.NextAsync(CancellationToken.None));
            return taken;
        }

        var all = await Task.WhenAll(new[] { one, one, other }.Select(broker => Task.Run(() => TakeAsync(broker.Get<StatusIndexes>()))));
        Assert.Distinct(all.SelectMany(taken => taken));
    }

    private static (long, string) Reference(string token)
    {
        var list = Standards.Claims(token).GetProperty("status").GetProperty("status_list");
        return (list.GetProperty("idx").GetInt64(), list.GetProperty("uri").GetString()!);
    }

    private static async Task<string> ClaimAsync(Scene scene, string pod) =>
        (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("credential").GetProperty("token").GetString()!;

    /// <summary>Steps of section 8.3 of the draft.</summary>
    private static async Task<int> StatusAsync(Scene scene, string token)
    {
        var (index, uri) = Reference(token);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(uri));
        Assert.Equal("application/statuslist+jwt", answer.Content.Headers.ContentType!.MediaType);
        var list = await answer.Content.ReadAsStringAsync();
        var parts = list.Split('.');
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal(("statuslist+jwt", "ES256"), (header.GetProperty("typ").GetString(), header.GetProperty("alg").GetString()));
        var jwks = (await scene.SendAsync(HttpMethod.Get, "/issuer/status-list/.well-known/jwks.json", null)).Json;
        var jwk = jwks.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("kid").GetString() == header.GetProperty("kid").GetString());
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = { X = Base64Url.DecodeFromChars(jwk.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(jwk.GetProperty("y").GetString()) },
        });
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        var claims = Standards.Claims(list);
        Assert.Equal((uri, 15), (claims.GetProperty("sub").GetString(), claims.GetProperty("ttl").GetInt32()));
        Assert.True(claims.GetProperty("exp").GetInt64() > claims.GetProperty("iat").GetInt64());
        Assert.Equal(1, claims.GetProperty("status_list").GetProperty("bits").GetInt32());
        using var packed = new ZLibStream(new MemoryStream(Base64Url.DecodeFromChars(claims.GetProperty("status_list").GetProperty("lst").GetString())), CompressionMode.Decompress);
        using var bits = new MemoryStream();
        await packed.CopyToAsync(bits);
        Assert.Equal(StatusIndexes.ShardSize / 8, bits.Length);
        return (bits.ToArray()[index / 8] >> (int)(index % 8)) & 1;
    }
}
