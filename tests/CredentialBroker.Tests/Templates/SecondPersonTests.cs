using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Configuration;
using CredentialBroker.Controls;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Templates;

/// <summary>Who writes a template is not who makes it the truth, outside development.</summary>
public sealed class SecondPersonTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("standard")]
    [InlineData("regulated")]
    public async Task R40_A_template_grants_once_another_person_activated_it(string profile)
    {
        await using var hostile = await StartAsync(profile, store: profile == "regulated" ? await postgres.NewDatabaseAsync() : null);
        var (alice, bob) = await Exceptions.Asks.PeopleAsync(hostile);
        var pod = await hostile.ApprovedPodAsync("token");
        var proposed = await alice.ApplyAsync(SceneFolder.Token());
        Assert.Equal((HttpStatusCode.Accepted, "candidate"), (proposed.Status, proposed.Json.GetProperty("state").GetString()));
        Assert.False(proposed.Json.TryGetProperty("activatedBy", out _));
        var revision = proposed.Json.GetProperty("revision").GetString()!;
        await hostile.RefusedAsync(403, "template_unknown", true, "a candidate", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));

        // Proposing it again makes nobody else its author.
        await bob.ApplyAsync(SceneFolder.Token());
        Assert.Equal("self_approval", (await alice.PostAsync($"/v1/templates/token/revisions/{revision}/activate")).Code);
        Assert.Equal("operator_forbidden", (await hostile.Scene.OperatorAsync(HttpMethod.Post, $"/v1/templates/token/revisions/{revision}/activate")).Code);
        Assert.Equal("not_found", (await bob.PostAsync($"/v1/templates/token/revisions/{new string('0', 64)}/activate")).Code);
        var candidate = Assert.Single((await bob.GetAsync("/v1/templates/candidates")).Json.GetProperty("templates").EnumerateArray());
        Assert.Equal(("broker#alice", revision), (candidate.GetProperty("author").GetString(), candidate.GetProperty("revision").GetString()));
        var activated = await bob.PostAsync($"/v1/templates/token/revisions/{revision}/activate");
        Assert.True(activated.Status == HttpStatusCode.OK, activated.Body);
        Assert.Equal(("active", "broker#alice", "broker#bob"), (activated.Json.GetProperty("state").GetString(), activated.Json.GetProperty("author").GetString(), activated.Json.GetProperty("activatedBy").GetString()));
        Assert.Equal("not_found", (await bob.PostAsync($"/v1/templates/token/revisions/{revision}/activate")).Code);

        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        var decision = (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("decision");
        Assert.Equal((revision, "broker#bob"), (decision.GetProperty("templateRevision").GetString(), decision.GetProperty("activatedBy").GetString()));
        Assert.Equal("broker#alice", Assert.Single(await hostile.AuditAsync("template.proposed")).GetProperty("actor").GetString());
        var changed = Assert.Single(await hostile.AuditAsync("template.changed"));
        Assert.Equal(("broker#bob", "broker#alice"), (changed.GetProperty("actor").GetString(), changed.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task R40_A_text_that_was_changed_behind_the_brokers_back_is_not_loaded()
    {
        await using var hostile = await StartAsync("dev");
        await hostile.Scene.ActivateAsync(SceneFolder.Token());
        var pod = await hostile.ApprovedPodAsync("token");
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        await hostile.Broker.Get<Journal>().CommitAsync(Lane.Control, new EpochBump(),
            new PlainWrite("UPDATE templates SET source = @source WHERE name = 'token'", ("source", SceneFolder.Token(ttl: "15m"))));
        await hostile.RefusedAsync(403, "template_unknown", true, "tampered", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
    }

    [Fact]
    public async Task R40_The_folder_proposes_unless_the_configuration_is_the_second_person()
    {
        using var templates = new SceneFolder();
        var folder = Directory.CreateDirectory(Path.Combine(templates.Path, "templates")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "token.yaml"), SceneFolder.Token());
        await using (var proposing = await StartAsync("standard", c => c["Templates"] = new JsonObject { ["ImportFolder"] = folder }))
        {
            var alice = await NamedOperator.AddAsync(proposing.Broker, "alice");
            var candidate = Assert.Single((await alice.GetAsync("/v1/templates/candidates")).Json.GetProperty("templates").EnumerateArray());
            Assert.Equal("import token.yaml", candidate.GetProperty("author").GetString());
            Assert.Empty((await alice.GetAsync("/v1/templates")).Json.GetProperty("templates").EnumerateArray());
        }

        await using var activating = await StartAsync("standard", c => c["Templates"] = new JsonObject { ["ImportFolder"] = folder, ["ImportActivates"] = true });
        var active = Assert.Single((await activating.Scene.OperatorAsync(HttpMethod.Get, "/v1/templates")).Json.GetProperty("templates").EnumerateArray());
        Assert.Equal("import token.yaml", active.GetProperty("activatedBy").GetString());

        var file = templates.Write(8200, null, c =>
        {
            c["Hosting"]!["Profile"] = "regulated";
            c["Templates"] = new JsonObject { ["ImportFolder"] = folder, ["ImportActivates"] = true };
        });
        Assert.Contains(ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System).Mistakes, m => m.StartsWith("Templates:ImportActivates", StringComparison.Ordinal));
    }

    private static Task<HostileScene> StartAsync(string profile, Action<JsonObject>? change = null, string? store = null) => HostileScene.StartAsync(store, c =>
    {
        c["Hosting"]!["Profile"] = profile;
        // What a regulated environment demands of approvals is another matter.
        c["Policy"] = new JsonObject { ["Environments"] = new JsonObject { ["test"] = "standard" } };
        change?.Invoke(c);
    });
}
