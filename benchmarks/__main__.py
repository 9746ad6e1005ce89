from benchmarks import cscs, footprint, gateway, listing, metering, netapp

print(f"{'what / compared with':<44} {'ours':>14} {'compared':>14} {'ratio':>8}")
for benchmark in (listing, gateway, netapp, cscs, metering, footprint):
    benchmark.run()
