using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

public sealed class FreezeClauseTests
{
    [Theory]
    [InlineData("template=orders-read")]
    [InlineData("backend=fake")]
    [InlineData("target=orders")]
    [InlineData("revocability=Immediate")]
    [InlineData("environment=prod")]
    [InlineData("task=task-1")]
    [InlineData("approval=approval-1")]
    [InlineData("workload=k8s://prod-eu/shop/*")]
    [InlineData("source=prod-eu")]
    [InlineData("subject=system:serviceaccount:shop:checkout")]
    [InlineData("instance=pod-uid-1")]
    [InlineData("cluster=prod-eu")]
    [InlineData("namespace=shop")]
    [InlineData("serviceaccount=checkout")]
    [InlineData("pod=checkout-1")]
    [InlineData("node in (node-1,node-2)")]
    [InlineData("template=*")]
    [InlineData("state!=ended")]
    [InlineData("namespace=shop,node=node-1")]
    public void Every_dimension_of_a_claim_can_be_frozen(string selector) => Refused(Under(selector), ReasonCodes.Frozen, "not_frozen");

    [Theory]
    [InlineData("template=orders")]
    [InlineData("environment!=prod")]
    [InlineData("lease=*")]
    [InlineData("namespace=shop,node=node-2")]
    public void A_freeze_of_something_else_stops_nothing(string selector) => Granted(Under(selector));

    [Fact]
    public void A_freeze_ends_when_it_says()
    {
        Granted(Some.Facts() with { Controls = Some.Controls(Some.Freeze("template=*", The.Now)) });
        Refused(Some.Facts() with { Controls = Some.Controls(Some.Freeze("template=*", The.Now + 1)) }, ReasonCodes.Frozen, "not_frozen");
    }

    [Fact]
    public void Any_of_many_freezes_is_enough() => Refused(
        Some.Facts() with { Controls = Some.Controls(Some.Freeze("node=x"), Some.Freeze("template=*", The.Now), Some.Freeze("pod=checkout-1")) },
        ReasonCodes.Frozen, "not_frozen");

    [Fact]
    public void Without_a_task_in_the_approval_the_instance_is_the_task() => Refused(
        Under("task=prod-eu/pod-uid-1") with { Approval = Some.Approval() with { Task = null } }, ReasonCodes.Frozen, "not_frozen");

    private static Facts Under(string selector) => Some.Facts() with { Controls = Some.Controls(Some.Freeze(selector)) };
}
