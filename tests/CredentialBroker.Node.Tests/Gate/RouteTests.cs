using CredentialBroker.Node.Attesting;
using CredentialBroker.Node.Gate;

namespace CredentialBroker.Node.Tests.Gate;

/// <summary>What is not on the list, nobody may do; and no address is read in two ways.</summary>
public sealed class RouteTests
{
    [Theory]
    [InlineData("GET", "/_ping", Act.Look)]
    [InlineData("GET", "/v1.41/containers/json?all=1", Act.Look)]
    [InlineData("GET", "/v1.51/images/registry.example/shop/checkout:1/json", Act.Look)]
    [InlineData("POST", "/v1.41/containers/create?name=x", Act.Run)]
    [InlineData("POST", "/containers/x/start", Act.Run)]
    [InlineData("POST", "/containers/x/exec", Act.Exec)]
    [InlineData("POST", "/containers/x/attach?stream=1", Act.Attach)]
    [InlineData("POST", "/images/create?fromImage=a&tag=b", Act.Pull)]
    internal void R42_What_is_allowed_is_on_the_list(string verb, string uri, Act act) => Assert.Equal(act, Routes.Of(verb, Target.Of(uri)).Act);

    [Theory]
    [InlineData("POST", "/build", "never_allowed")]
    [InlineData("POST", "/commit?container=x", "never_allowed")]
    [InlineData("POST", "/session", "never_allowed")]
    [InlineData("POST", "/grpc", "never_allowed")]
    [InlineData("GET", "/containers/x/archive?path=/", "never_allowed")]
    [InlineData("PUT", "/containers/x/archive?path=/", "never_allowed")]
    [InlineData("GET", "/containers/x/export", "never_allowed")]
    [InlineData("POST", "/containers/x/restart", "never_allowed")]
    [InlineData("POST", "/containers/x/rename?name=y", "never_allowed")]
    [InlineData("POST", "/images/load", "never_allowed")]
    [InlineData("POST", "/images/create?fromSrc=-", "query_refused")]
    [InlineData("POST", "/plugins/pull?remote=x", "never_allowed")]
    [InlineData("POST", "/swarm/init", "never_allowed")]
    [InlineData("POST", "/services/create", "never_allowed")]
    [InlineData("POST", "/secrets/create", "never_allowed")]
    [InlineData("POST", "/containers/prune", "never_allowed")]
    [InlineData("TRACE", "/_ping", "never_allowed")]
    [InlineData("POST", "/containers/create?name=a&name=b", "query_refused")]
    [InlineData("POST", "/containers/create?new=1", "query_refused")]
    [InlineData("POST", "/containers//create", "path_refused")]
    [InlineData("POST", "/containers/../containers/create", "path_refused")]
    [InlineData("POST", "/v1.41/./containers/create", "path_refused")]
    [InlineData("POST", "/containers/%63reate", "path_refused")]
    [InlineData("POST", "/containers%2Fcreate", "path_refused")]
    [InlineData("POST", "http://engine/containers/create", "path_refused")]
    [InlineData("POST", "//engine/containers/create", "path_refused")]
    [InlineData("POST", "/containers\\create", "path_refused")]
    [InlineData("POST", "/containers/create#x", "path_refused")]
    [InlineData("POST", "/containers/cr\u00e9ate", "path_refused")]
    [InlineData("POST", "", "path_refused")]
    public void R42_What_is_not_on_the_list_or_not_plain_is_refused(string verb, string uri, string code) => Assert.Equal(code, ReadingTests.CodeOf(() => Routes.Of(verb, Target.Of(uri))));

    [Theory]
    [InlineData("12:pids:/docker/ID\n11:cpu:/docker/ID\n0::/docker/ID", null)]
    [InlineData("0::/system.slice/docker-ID.scope", null)]
    [InlineData("0::/kubepods/burstable/poda/cri-containerd-ID.scope", null)]
    [InlineData("0::/", "container_unbound")]
    [InlineData("12:pids:/\n0::/user.slice", "container_unbound")]
    [InlineData("0::/docker/ID/docker/OTHER", "container_unbound")]
    [InlineData("12:pids:/docker/ID\n11:cpu:/docker/OTHER", "container_unbound")]
    [InlineData("0::/docker/IDx", "container_unbound")]
    public void R10_A_process_is_in_the_one_container_that_its_control_groups_name(string text, string? code)
    {
        var id = new string('a', 64);
        var groups = text.Replace("ID", id, StringComparison.Ordinal).Replace("OTHER", new string('b', 64), StringComparison.Ordinal);
        Assert.Equal(code, ReadingTests.CodeOf(() => Assert.Equal(id, CgroupText.ContainerIn(groups))));
    }
}
