using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Signals;

/// <summary>Who is told when credentials come, change and go: by push, by poll and by webhook.</summary>
public sealed class SignalTests : IDisposable
{
    private const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";
    private readonly string _folder = Directory.CreateTempSubdirectory("signals-").FullName;

    [Fact]
    public async Task The_life_of_a_lease_is_told_in_order_to_each_receiver_and_told_again_until_it_is_taken()
    {
        await using var receiver = await SignalReceiver.StartAsync();
        await using var broker = await StartAsync(receiver);
        receiver.Failing = 3;
        var lease = await LiveAsync(broker, "revoke");

        await UntilAsync(() => receiver.Taken.Count(one => one.ToString().Contains(lease, StringComparison.Ordinal)) >= 4);
        var events = receiver.Taken.Where(one => one.TryGetProperty("events", out _)).ToList();
        Assert.Equal([Caep + "credential-change", Caep + "session-revoked"], events.Select(one => one.GetProperty("events").EnumerateObject().Single().Name));
        Assert.All(events, one => Assert.Equal(lease, one.GetProperty("sub_id").GetProperty("session").GetProperty("id").GetString()));
        Assert.Equal("create", events[0].GetProperty("events").EnumerateObject().Single().Value.GetProperty("change_type").GetString());
        Assert.Equal("admin", events[1].GetProperty("events").EnumerateObject().Single().Value.GetProperty("initiating_entity").GetString());
        var hooks = receiver.Taken.Where(one => one.TryGetProperty("type", out _)).ToList();
        Assert.Equal(["lease.issued", "lease.ended"], hooks.Select(one => one.GetProperty("type").GetString()));
        Assert.Equal("revoked", hooks[1].GetProperty("data").GetProperty("cause").GetString());
        Assert.Empty(receiver.Breaches);
        // Push and webhook tell the same records: an id names one thing however it was told.
        Assert.Equal(2, receiver.Ids.Distinct().Count());
    }

    [Fact]
    public async Task Who_polls_is_given_what_it_has_not_acknowledged_and_its_errors_count_as_taken()
    {
        await using var receiver = await SignalReceiver.StartAsync();
        await using var broker = await StartAsync(receiver);
        var lease = await LiveAsync(broker, "revoke");
        var first = await UntilPolledAsync(broker, 2);
        Assert.All(first, one => Assert.Null(receiver.Verified(one.Value).Fault));
        Assert.All(first, one => Assert.Equal(one.Key, receiver.Verified(one.Value).Claims!.Value.GetProperty("jti").GetString()));
        Assert.Equal(first.Keys, (await PollAsync(broker, new JsonObject())).Sets.Keys);

        var one = await PollAsync(broker, new JsonObject { ["maxEvents"] = 1, ["ack"] = new JsonArray(first.Keys.First()) });
        Assert.Equal([first.Keys.Last()], one.Sets.Keys);
        var none = await PollAsync(broker, new JsonObject { ["setErrs"] = new JsonObject { [first.Keys.Last()] = new JsonObject { ["err"] = "authentication_failed", ["description"] = "x" } } });
        Assert.Empty(none.Sets);
        Assert.False(none.More);
        Assert.NotEmpty(lease);
        Assert.Equal(HttpStatusCode.NotFound, (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/signals/nobody/poll", "{}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/signals/push/poll", "{}")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/signals/poll/poll", """{"maxEvents":-1}""")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await broker.Scene.SendAsync(HttpMethod.Post, "/v1/signals/poll/poll", null, new StringContent("{}", new MediaTypeHeaderValue("application/json")))).Status);
    }

    [Fact]
    public async Task A_stream_goes_on_where_records_are_gone_that_it_never_took_and_at_any_replica()
    {
        await using var receiver = await SignalReceiver.StartAsync();
        await using var broker = await StartAsync(receiver);
        await LiveAsync(broker, "revoke");
        var first = await UntilPolledAsync(broker, 2);
        Task PutAsync(long position, string? owner) => broker.Get<Journal>().CommitAsync(Lane.Issuing, new PlainWrite(
            "UPDATE audit_exports SET position = @position, owner = @owner, owner_until = @until WHERE name = 'signals:poll'",
            ("position", position), ("owner", owner), ("until", long.MaxValue)));

        // A stream that stood before the oldest record that is kept.
        await PutAsync(-1, null);
        Assert.Empty((await PollAsync(broker, new JsonObject { ["ack"] = new JsonArray([.. first.Keys]) })).Sets);
        var (position, _) = (await broker.Get<ExportCursors>().FindAsync("signals:poll", default))!.Value;
        Assert.True(position > 0);
        Assert.Equal([true], await broker.Get<Store>().ListAsync(Pool.Control, new Statement("SELECT owner FROM audit_exports WHERE name = 'signals:poll'"), row => row.IsDBNull(0), default));

        await PutAsync(position, "another replica");
        var refused = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/signals/poll/poll", "{}");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "overloaded"), (refused.Status, refused.Json.GetProperty("code").GetString()));
    }

    [Fact]
    public void A_signal_never_looks_like_a_login_and_goes_to_one_audience_that_is_no_clouds()
    {
        var rings = new KeyRings("https://broker.example", ReservedAudiences.BuiltIn);
        using var key = SigningKey.Generate(KeyPurpose.Signals);
        rings.Signals.Replace(key, [key.Verifying]);
        void Refused(JsonObject claims)
        {
            Assert.Throws<SigningRefusedException>(() => TokenWriter.Write(rings.Signals, json =>
            {
                foreach (var (name, value) in claims)
                {
                    json.WritePropertyName(name);
                    value!.WriteTo(json);
                }
            }));
        }

        JsonObject Sound(params (string Name, JsonNode? Value)[] changes)
        {
            var claims = new JsonObject { ["iss"] = rings.Signals.Issuer, ["aud"] = "https://soc.example", ["events"] = new JsonObject() };
            foreach (var (name, value) in changes) claims[name] = value;
            return claims;
        }

        Refused(Sound(("sub", "somebody")));
        Refused(Sound(("exp", 4102444800)));
        Refused(Sound(("aud", "sts.amazonaws.com")));
        Refused(Sound(("aud", new JsonArray("a", "b"))));
        Refused(Sound(("iss", rings.Workload.Issuer)));
        var silent = Sound();
        silent.Remove("events");
        Refused(silent);
    }

    [Theory]
    [InlineData("""{"Kind":"carrier-pigeon"}""", "Kind")]
    [InlineData("""{"Kind":"caep-push","To":"http://soc.example/","Audience":"a"}""", "To")]
    [InlineData("""{"Kind":"caep-push","To":"https://soc.example/"}""", "Audience")]
    [InlineData("""{"Kind":"caep-poll","To":"https://soc.example/","Audience":"a"}""", "To")]
    [InlineData("""{"Kind":"webhook","To":"https://soc.example/","SecretFile":"/nowhere"}""", "SecretFile")]
    [InlineData("""{"Kind":"webhook","To":"https://soc.example/","Audience":"a","SecretFile":"/nowhere"}""", "Audience")]
    public void A_stream_that_could_not_work_is_told_when_the_configuration_is_read(string stream, string path)
    {
        var options = new SignalOptions { Streams = { ["soc"] = JsonSerializer.Deserialize<SignalStreamOptions>(stream)! } };
        Assert.Contains(options.Validate(), mistake => mistake.StartsWith($"Signals:Streams:soc:{path}", StringComparison.Ordinal));
        Assert.NotEmpty(new SignalOptions { Streams = { ["Not A Name"] = new() } }.Validate());
    }

    [Fact]
    public void A_secret_of_a_webhook_is_whsec_and_enough_bytes()
    {
        var file = Path.Combine(_folder, "secret");
        foreach (var wrong in new[] { "", "secret", "whsec_AAAA", "whsec_!!!" })
        {
            File.WriteAllText(file, wrong);
            Assert.Empty(WebhookSecrets.Read(file));
        }

        File.WriteAllText(file, $"whsec_{Convert.ToBase64String(new byte[24])}\n\nwhsec_{Convert.ToBase64String(new byte[64])}\n");
        Assert.Equal([24, 64], WebhookSecrets.Read(file).Select(secret => secret.Length));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<RunningBroker> StartAsync(SignalReceiver receiver)
    {
        var (token, secrets) = (Path.Combine(_folder, "token"), Path.Combine(_folder, "secrets"));
        await File.WriteAllTextAsync(token, $"{SignalReceiver.Token}\n");
        receiver.Secrets.Add(RandomNumberGenerator.GetBytes(32));
        // The former secret and the one that follows it: the receiver knows one of the two.
        await File.WriteAllTextAsync(secrets, $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}\nwhsec_{Convert.ToBase64String(receiver.Secrets[0])}\n");
        var broker = await Brokers.StartAsync(null, change: configuration => configuration["Signals"] = new JsonObject
        {
            ["Streams"] = new JsonObject
            {
                ["push"] = new JsonObject { ["Kind"] = "caep-push", ["To"] = $"{receiver.Address}push", ["Audience"] = SignalReceiver.Audience, ["TokenFile"] = token },
                ["poll"] = new JsonObject { ["Kind"] = "caep-poll", ["Audience"] = SignalReceiver.Audience },
                ["hook"] = new JsonObject { ["Kind"] = "webhook", ["To"] = $"{receiver.Address}hook", ["SecretFile"] = secrets },
            },
        });
        receiver.Keys = () => broker.Get<KeyRings>().Signals.Jwks;
        return broker;
    }

    private static async Task<string> LiveAsync(RunningBroker broker, string reason)
    {
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var lease = (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        Assert.Equal(HttpStatusCode.Accepted, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}?reason={reason}")).Status);
        return lease;
    }

    private static async Task<Dictionary<string, string>> UntilPolledAsync(RunningBroker broker, int count)
    {
        for (var i = 0; ; i++)
        {
            var (sets, _) = await PollAsync(broker, new JsonObject());
            if (sets.Count >= count) return sets;
            Assert.True(i < 300, $"{sets.Count} of {count} signals came");
            await Task.Delay(100);
        }
    }

    private static async Task<(Dictionary<string, string> Sets, bool More)> PollAsync(RunningBroker broker, JsonObject request)
    {
        var reply = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/signals/poll/poll", request.ToJsonString());
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return (reply.Json.GetProperty("sets").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!), reply.Json.GetProperty("moreAvailable").GetBoolean());
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 600, "the receivers were not told in time");
            await Task.Delay(100);
        }
    }
}
