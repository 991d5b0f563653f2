using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>One person with several logins is one person.</summary>
public sealed class OnePersonTests
{
    private const string Certificate = "certificate:staff#ann@test";

    [Fact]
    public async Task R40_Two_logins_of_a_named_person_are_one_actor_and_do_not_second_each_other()
    {
        await using var scene = await StartAsync(People(("ann", ["https://login.test/realms/ops#a-17", Certificate]), ("bob", ["https://login.test/realms/ops#b-4"])));
        var (ann, bob) = (scene.Token("a-17", "platform"), scene.Token("b-4", "platform"));
        using var card = scene.Staff.Issue("CN=card 9", names => names.AddEmailAddress("ann@test"));
        var me = (await scene.ShowAsync(card, HttpMethod.Get, "/v1/whoami")).Json;
        Assert.Equal(("ann", "ann@test"), (me.GetProperty("person").GetString(), me.GetProperty("subject").GetString()));

        var revision = await ProposeAsync(scene, ann);
        Assert.Equal("person:ann", (await scene.AuditAsync("template.proposed"))[^1].GetProperty("actor").GetString());
        Assert.Equal("self_approval", (await ActivateAsync(scene, card, revision)).Code);
        Assert.Equal("self_approval", (await ActivateAsync(scene, ann, revision)).Code);
        Assert.Equal(HttpStatusCode.OK, (await ActivateAsync(scene, bob, revision)).Status);
        Assert.Equal("person:bob", (await scene.AuditAsync("template.changed"))[^1].GetProperty("actor").GetString());
    }

    [Fact]
    public async Task R40_Where_nobody_is_named_a_shared_subject_or_address_makes_two_logins_one_person()
    {
        await using var scene = await StartAsync(null);
        (string Subject, string Claim, string? Value, string CardSubject, string? CardMail)[] same =
        [
            ("a-17", "email", "Ann@Test", "CN=card 9", "ann@test"),
            ("a-17", "preferred_username", "ann@test", "CN=card 9", "ANN@test"),
            ("a-17", "upn", "ann@test", "E=ann@test, CN=card 9", null),
            ("ann@test", "email", null, "CN=card 9", "ann@test"),
            ("ann", "email", null, "CN=ann", "someone@test"),
        ];
        foreach (var (index, one) in same.Index())
        {
            var revision = await ProposeAsync(scene, scene.Token(one.Subject, "platform", ("preferred_username", null), (one.Claim, one.Value)), $"{index + 1}m");
            using var card = Card(scene, one.CardSubject, one.CardMail);
            var refused = await ActivateAsync(scene, card, revision);
            Assert.True(refused.Code == "self_approval", $"{index}: {refused}");
        }

        // A nickname is nobody's alone, and other names are other people.
        var shared = await ProposeAsync(scene, scene.Token("c-3", "platform", ("preferred_username", "admin"), ("email", "carol@test")), "10m");
        using var other = Card(scene, "CN=admin", "dave@test");
        Assert.Equal(HttpStatusCode.OK, (await ActivateAsync(scene, other, shared)).Status);
    }

    [Fact]
    public async Task R40_Exceptions_and_break_glass_go_by_the_person_too()
    {
        await using var scene = await StartAsync(null, c => c["Exceptions"] = new JsonObject { ["BreakGlass"] = new JsonObject { ["Templates"] = new JsonArray("token") } });
        var ann = scene.Token("a-17", "admins", ("email", "ann@test"));
        var revision = await ProposeAsync(scene, ann);
        Assert.Equal(HttpStatusCode.OK, (await ActivateAsync(scene, scene.Token("b-4", "admins"), revision)).Status);
        using var card = Card(scene, "CN=card 9", "ann@test");

        var opened = await scene.AsAsync(ann, HttpMethod.Post, "/v1/breakglass", new JsonObject { ["template"] = "token", ["workload"] = "k8s://cluster/shop/checkout", ["instance"] = "pod-1", ["reason"] = "drill" });
        Assert.True(opened.Status == HttpStatusCode.Created, opened.Body);
        var review = $"/v1/breakglass/{opened.Json.GetProperty("id").GetString()}/review";
        Assert.Equal("self_approval", (await ShowAsync(scene, card, review, new JsonObject { ["justified"] = true, ["note"] = "I say so" })).Code);
        Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(scene.Token("b-4", "admins"), HttpMethod.Post, review, new JsonObject { ["justified"] = true, ["note"] = "seen" })).Status);
    }

    [Fact]
    public async Task R40_Named_people_who_share_a_subject_at_two_issuers_are_two_and_a_request_made_before_they_were_named_counts()
    {
        var people = People(("ann", ["https://login.test/realms/ops#1001"]), ("bert", ["certificate:staff#1001@test"]));
        await using var scene = await StartAsync(people);
        var revision = await ProposeAsync(scene, scene.Token("1001", "platform", ("email", "1001@test")));
        using var bert = Card(scene, "CN=1001", "1001@test");
        Assert.Equal(HttpStatusCode.OK, (await ActivateAsync(scene, bert, revision)).Status);

        // Proposed by a login that is named only afterwards.
        var early = await ProposeAsync(scene, scene.Token("c-3", "platform"), "7m");
        await using var later = await scene.StartBrokerAsync(change: c =>
        {
            c["Hosting"]!["Profile"] = "standard";
            Bind(c);
            People(("carol", ["https://login.test/realms/ops#c-3", "certificate:staff#carol@test"]))(c);
        });
        using var carol = Card(scene, "CN=card 3", "carol@test");
        Assert.Equal("self_approval", (await ActivateAsync(scene, carol, early, later.Scene)).Code);
    }

    [Theory]
    [InlineData("nobody", "https://elsewhere.test#a", "must be a configured issuer")]
    [InlineData("nobody", "certificate:staff#", "must be a configured issuer")]
    [InlineData("nobody", "broker#bootstrap", "must be a configured issuer")]
    [InlineData("No Body", Certificate, "a name has only")]
    public void Mistakes_of_people_are_told(string name, string login, string mistake)
    {
        Assert.Contains(OperatorScene.MistakesOf(People((name, [login]))), m => m.StartsWith($"Operators:People:{name}", StringComparison.Ordinal) && m.Contains(mistake, StringComparison.Ordinal));
        Assert.Contains(OperatorScene.MistakesOf(People(("ann", [Certificate]), ("bob", [Certificate]))), m => m.Contains("a login is one person's", StringComparison.Ordinal));
        Assert.Empty(OperatorScene.MistakesOf(People(("ann", [Certificate]))));
    }

    private static Task<OperatorScene> StartAsync(Action<JsonObject>? people, Action<JsonObject>? change = null) => OperatorScene.StartAsync(change: c =>
    {
        c["Hosting"]!["Profile"] = "standard";
        Bind(c);
        people?.Invoke(c);
        change?.Invoke(c);
    });

    /// <summary>Every card used here is an admin's.</summary>
    private static void Bind(JsonObject configuration)
    {
        var roles = configuration["Operators"]!["Certificates"]!["staff"]!["Roles"]!.AsArray();
        roles.Clear();
        roles.Add(OperatorScene.Role("admin", null, "email", "ann@test", "ANN@test", "someone@test", "dave@test", "carol@test", "1001@test"));
        roles.Add(OperatorScene.Role("admin", null, "subject", "E=ann@test, CN=card 9"));
    }

    private static Action<JsonObject> People(params (string Name, string[] Logins)[] people) => configuration => configuration["Operators"]!["People"] = new JsonObject(
        people.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)new JsonObject { ["Logins"] = new JsonArray([.. one.Logins.Select(login => (JsonNode)login)]) })));

    private static X509Certificate2 Card(OperatorScene scene, string subject, string? mail) => mail is null ? scene.Staff.Issue(subject) : scene.Staff.Issue(subject, names => names.AddEmailAddress(mail));

    private static async Task<string> ProposeAsync(OperatorScene scene, string token, string ttl = "5m")
    {
        var reply = await scene.YamlAsync(token, HttpMethod.Put, "/v1/templates", SceneFolder.Token(ttl: ttl));
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        return reply.Json.GetProperty("revision").GetString()!;
    }

    private static string Activation(string revision) => $"/v1/templates/token/revisions/{revision}/activate";

    private static Task<Reply> ActivateAsync(OperatorScene scene, string token, string revision) => scene.AsAsync(token, HttpMethod.Post, Activation(revision));

    private static Task<Reply> ActivateAsync(OperatorScene scene, X509Certificate2 card, string revision, Scene? at = null) => ShowAsync(scene, card, Activation(revision), null, at);

    private static Task<Reply> ShowAsync(OperatorScene scene, X509Certificate2 card, string path, JsonNode? body, Scene? at = null) => scene.ShowAsync(card, HttpMethod.Post, path, body: body, at: at);
}
