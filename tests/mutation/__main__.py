import sys
from tests.mutation.guards import GUARDS
from tests.mutation.trial import run_all, warm_up
warm_up()
bad=0
trials=[]
who={}
for g in GUARDS:
    try:
        t=g.trial()
    except ValueError as e:
        print("NO GUARD", e); bad+=1; continue
    who[t]=g; trials.append(t)
for t,end,said in run_all(trials):
    if end!="killed":
        g=who[t]; print(g.promise,g.file,repr(g.code[:70]),end,g.test); 
        if end!="survived": print(said[-600:])
