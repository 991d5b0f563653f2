using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Revocation;

/// <summary>A new certificate authority on brokers that run and issue.</summary>
[Collection("postgres")]
public sealed class AuthorityRotationTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _files = Directory.CreateTempSubdirectory("credbroker-rotated-").FullName;
    private readonly LaterClock _clock = new(TimeProvider.System);

    public void Dispose() => Directory.Delete(_files, recursive: true);

    [Theory]
    [InlineData("sqlite", 1)]
    [InlineData("postgres", 2)]
    public async Task R14_Certificates_from_before_and_after_a_rotation_verify_and_are_revoked_by_the_list_of_their_own_authority(string store, int replicas)
    {
        using var folder = new SceneFolder(_clock);
        var database = store == "postgres" ? await postgres.NewDatabaseAsync() : null;
        var brokers = new List<RunningBroker>();
        try
        {
            for (var i = 0; i < replicas; i++) brokers.Add(await StartAsync(folder, database));
            Scene[] scenes = [.. brokers.Select(broker => broker.Scene)];
            await scenes[0].ActivateAsync(Standards.Certificate());
            var old = Assert.Single(await BundleAsync(scenes[0])).Subject;
            Assert.Equal("published", (await scenes[0].OperatorAsync(HttpMethod.Post, "/v1/keys/rotate?purpose=ca")).Json.GetProperty("state").GetString());
            foreach (var scene in scenes) await UntilAsync(async () => (await BundleAsync(scene)).Count == 2, "both authorities are published");
            var fresh = (await BundleAsync(scenes[0])).Select(a => a.Subject).Single(subject => subject != old);
            Assert.All(scenes, scene => Assert.Equal([old, fresh], BundleAsync(scene).Result.Select(a => a.Subject)));

            // Issuing goes on while the new one takes over.
            Pass(brokers, TimeSpan.FromHours(24) - TimeSpan.FromMinutes(2));
            var (kept, ended) = (await ClaimAsync(scenes[0]), await ClaimAsync(scenes[^1]));
            Assert.All([kept, ended], before => Assert.Equal(old, IssuerOf(before)));
            using var stop = new CancellationTokenSource();
            var issued = new ConcurrentBag<JsonElement>();
            var issuing = scenes.Select(scene => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested) issued.Add((await ClaimAsync(scene)).Answer);
            })).ToList();
            await UntilAsync(() => Task.FromResult(issued.Count > replicas * 3), "certificates are issued");
            Pass(brokers, TimeSpan.FromMinutes(2));
            foreach (var scene in scenes) await UntilAsync(async () => IssuerOf(await ClaimAsync(scene)) == fresh, "the new authority signs");
            await stop.CancelAsync();
            await Task.WhenAll(issuing);
            var bundle = await BundleAsync(scenes[0]);
            Assert.Equal([fresh, old], bundle.Select(a => a.Subject));
            Assert.Equal([fresh, old], issued.Select(IssuerOf).Distinct().Order(Comparer<string>.Create((a, b) => a == b ? 0 : a == fresh ? -1 : 1)));
            Assert.All(issued, answer => Assert.True(IsVouchedFor(answer, bundle), IssuerOf(answer)));

            // Both lists go on, each signed by its own authority and with its own serials.
            var (keptAfter, endedAfter) = (await ClaimAsync(scenes[^1]), await ClaimAsync(scenes[0]));
            foreach (var (end, at) in new[] { (ended, scenes[0]), (endedAfter, scenes[^1]) })
            {
                Assert.Equal(HttpStatusCode.Accepted, (await at.SendAsync(HttpMethod.Delete, $"/v1/leases/{end.Lease}", at.Token(end.Pod))).Status);
            }

            foreach (var scene in scenes)
            {
                foreach (var end in new[] { ended, endedAfter }) await UntilAsync(async () => (await VerifyAsync(scene, end)).Contains("certificate revoked", StringComparison.Ordinal), "an ended certificate is refused");
                foreach (var living in new[] { kept, keptAfter }) Assert.Contains(": OK", await VerifyAsync(scene, living), StringComparison.Ordinal);
                Assert.Equal((true, false), (await ListsAsync(scene, ended, of: ended), await ListsAsync(scene, ended, of: endedAfter)));
                Assert.Equal((false, true), (await ListsAsync(scene, endedAfter, of: ended), await ListsAsync(scene, endedAfter, of: endedAfter)));
            }

            // All that the old one signed has expired: it is published no more, and the new one signs on.
            Pass(brokers, TimeSpan.FromHours(24) + TimeSpan.FromMinutes(6));
            foreach (var scene in scenes)
            {
                await UntilAsync(async () => (await BundleAsync(scene)).Count == 1, "the old authority is gone");
                Assert.Equal(fresh, Assert.Single(await BundleAsync(scene)).Subject);
                Assert.Equal(HttpStatusCode.NotFound, (await scene.SendAsync(HttpMethod.Get, ListPath(ended), null)).Status);
                Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync(HttpMethod.Get, ListPath(endedAfter), null)).Status);
                Assert.Contains(": OK", await VerifyAsync(scene, await ClaimAsync(scene)), StringComparison.Ordinal);
            }
        }
        finally
        {
            foreach (var broker in brokers) await broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task After_a_lost_key_the_bundle_has_the_new_authority_alone()
    {
        using var folder = new SceneFolder(_clock);
        await using var broker = await StartAsync(folder, null);
        await broker.Scene.ActivateAsync(Standards.Certificate());
        var before = await ClaimAsync(broker.Scene);
        Assert.Equal("signing", (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/keys/rotate?purpose=ca&atOnce=true")).Json.GetProperty("state").GetString());
        await UntilAsync(async () => Assert.Single(await BundleAsync(broker.Scene)).Subject != IssuerOf(before), "the new authority alone is published");
        var bundle = await BundleAsync(broker.Scene);
        Assert.False(IsVouchedFor(before.Answer, bundle));
        Assert.True(IsVouchedFor((await ClaimAsync(broker.Scene)).Answer, bundle));
    }

    private static Task<RunningBroker> StartAsync(SceneFolder folder, string? database) => Brokers.StartAsync(database, Standards.Configure, folder, services: all =>
    {
        all.AddSingleton(provider => new LaterClock(provider.GetRequiredService<BrokerClock>()));
        all.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<LaterClock>());
    });

    private void Pass(List<RunningBroker> brokers, TimeSpan time)
    {
        _clock.Pass(time);
        foreach (var broker in brokers) broker.Get<LaterClock>().Pass(time);
    }

    private sealed record Held(string Pod, JsonElement Answer)
    {
        public string Lease => Answer.GetProperty("lease").GetProperty("id").GetString()!;

        public string this[string member] => Answer.GetProperty("credential").GetProperty(member).GetString()!;
    }

    private static async Task<Held> ClaimAsync(Scene scene)
    {
        // Two scenes share a process: a pod of its own each time.
        var pod = $"{scene.NewPod()}-{scene.Address.Port}";
        Assert.Equal(HttpStatusCode.Accepted, (await scene.ApproveAsync(scene.ApprovalOf(pod, "certificate"))).Status);
        Reply reply = null!;
        await UntilAsync(async () =>
        {
            reply = await scene.ClaimAsync(scene.Token(pod), "certificate");
            // A replica may not know the template yet.
            return reply.Code != "template_unknown";
        }, "the template is known");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return new Held(pod, reply.Json);
    }

    private static async Task<List<X509Certificate2>> BundleAsync(Scene scene)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem((await scene.SendAsync(HttpMethod.Get, "/ca/certificate", null)).Body);
        return [.. all];
    }

    private static string IssuerOf(Held held) => IssuerOf(held.Answer);

    private static string IssuerOf(JsonElement answer)
    {
        using var leaf = X509Certificate2.CreateFromPem(answer.GetProperty("credential").GetProperty("certificate").GetString()!);
        return leaf.Issuer;
    }

    private bool IsVouchedFor(JsonElement answer, List<X509Certificate2> bundle)
    {
        using var leaf = X509Certificate2.CreateFromPem(answer.GetProperty("credential").GetProperty("certificate").GetString()!);
        using var chain = new X509Chain
        {
            ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = _clock.GetUtcNow().UtcDateTime },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(bundle.ToArray());
        return chain.Build(leaf);
    }

    private static string ListPath(Held held) => new Uri(held["crl"]).AbsolutePath;

    /// <summary>Whether the list that the certificates of <paramref name="of"/> name has the other's serial.</summary>
    private static async Task<bool> ListsAsync(Scene scene, Held held, Held of)
    {
        using var http = new HttpClient();
        var list = CertificateRevocationListBuilder.Load(await http.GetByteArrayAsync(new Uri(scene.Address, ListPath(of))), out _);
        using var leaf = X509Certificate2.CreateFromPem(held["certificate"]);
        return list.RemoveEntry(leaf.SerialNumberBytes.Span);
    }

    private async Task<string> VerifyAsync(Scene scene, Held held)
    {
        var (authorities, lists) = ((await scene.SendAsync(HttpMethod.Get, "/ca/certificate", null)).Body, (await scene.SendAsync(HttpMethod.Get, "/ca/crls", null)).Body);
        return (await Tool.RunAsync(
            "openssl", "verify", "-x509_strict", "-attime", _clock.GetUtcNow().AddSeconds(2).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), "-crl_check",
            "-CAfile", Write("ca.pem", authorities), "-CRLfile", Write("crls.pem", lists), Write("leaf.pem", held["certificate"]))).Output;
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_files, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < 600, what);
            await Task.Delay(100);
        }
    }
}
