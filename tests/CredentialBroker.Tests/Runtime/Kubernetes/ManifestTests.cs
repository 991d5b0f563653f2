using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Configuration;
using YamlDotNet.Serialization;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>What is shipped for clusters holds before the broker's own look at it, and grants what is needed and no more.</summary>
public sealed class ManifestTests
{
    [Fact]
    public async Task R41_The_shipped_webhooks_stand_up_to_the_brokers_own_check()
    {
        await using var rig = await ClusterRig.StartAsync(world: world =>
        {
            foreach (var one in Read("webhooks.yaml"))
            {
                foreach (var webhook in one["webhooks"]!.AsArray())
                {
                    Assert.Equal(("Fail", "Equivalent", "NoneOnDryRun", 3), ((string)webhook!["failurePolicy"]!, (string)webhook["matchPolicy"]!, (string)webhook["sideEffects"]!, (int)webhook["timeoutSeconds"]!));
                    webhook["clientConfig"]!["service"]!["path"] = ((string)webhook["clientConfig"]!["service"]!["path"]!).Replace("prod-eu", "cluster", StringComparison.Ordinal);
                }

                one["metadata"]!["uid"] = "u";
                world.Put($"{((string)one["kind"]!).ToLowerInvariant()}s", one);
            }
        });
        var report = (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/clusters/cluster/check")).Json;
        Assert.True(report.GetProperty("ok").GetBoolean(), report.ToString());
    }

    [Fact]
    public async Task The_shipped_role_is_what_the_check_asks_for_and_reads_only()
    {
        var role = Read("rbac.yaml").Single(one => (string)one["kind"]! == "ClusterRole");
        await using var rig = await ClusterRig.StartAsync();
        rig.StandIn.Rights.Clear();
        foreach (var rule in role["rules"]!.AsArray())
        {
            foreach (var (verb, group, resource) in from verb in Texts(rule!["verbs"]) from g in Texts(rule["apiGroups"]) from r in Texts(rule["resources"]) select (verb, g, r))
            {
                Assert.True(verb is "get" or "list" or "watch" || resource is "tokenreviews" or "subjectaccessreviews", $"{verb} {resource}");
                rig.StandIn.Rights[$"{verb} {group}/{resource}"] = true;
            }
        }

        var report = (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/clusters/cluster/check")).Json;
        Assert.DoesNotContain(report.GetProperty("points").EnumerateArray(), p => p.GetProperty("area").GetString() == "rights" && !p.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public void R19_The_shipped_broker_has_two_replicas_sets_what_exists_and_is_confined()
    {
        var all = Read("broker.yaml");
        var deployment = all.Single(one => (string)one["kind"]! == "Deployment");
        Assert.Equal(2, (int)deployment["spec"]!["replicas"]!);
        var pod = deployment["spec"]!["template"]!["spec"]!;
        Assert.Empty(PodPrivileges.HostResources(JsonDocument.Parse(pod.ToJsonString()).RootElement));
        Assert.False((bool)pod["automountServiceAccountToken"]!);
        var context = pod["containers"]![0]!["securityContext"]!;
        Assert.True((bool)context["readOnlyRootFilesystem"]!);
        Assert.False((bool)context["allowPrivilegeEscalation"]!);
        var settings = (string)all.Single(one => (string)one["kind"]! == "ConfigMap")["data"]!["appsettings.json"]!;
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(settings));
        var configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        Assert.Empty(UnknownKeys.In(configuration, typeof(BrokerOptions), ""));
        // All that is amiss is files that are not here.
        Assert.All(ConfigurationReader.Read(configuration, TimeProvider.System).Mistakes, mistake => Assert.Matches("File|ImportFolder|holds no", mistake));
    }

    private static IEnumerable<string> Texts(JsonNode? list) => list!.AsArray().Select(one => (string)one!);

    private static List<JsonObject> Read(string file) =>
        [.. File.ReadAllText(RepositoryFiles.PathOf($"deploy/kubernetes/{file}")).Split("\n---\n").Select(text => (JsonObject)JsonNode.Parse(Json(text))!)];

    private static string Json(string yaml) => new SerializerBuilder().JsonCompatible().Build().Serialize(
        new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml)!);
}
