"""
Orders and their lines through sqlalchemy's ORM into sqlite, read back in several ways.

    sqlalchemy_work.py [ORDERS]

Needs: sqlalchemy
"""

import sys

from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event, func, select
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String(40), index=True)
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan")


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    what = Column(String(40))
    amount = Column(Integer)
    order = relationship("Order", back_populates="lines")


def main():
    engine = create_engine("sqlite://", future=True)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(len(a[2])))
    Base.metadata.create_all(engine)
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with Session(engine) as session:
        for i in range(n):
            order = Order(customer=f"c{i % 17}")
            order.lines = [Line(what=f"thing {j}", amount=i * j % 11) for j in range(i % 5)]
            session.add(order)
            if i % 50 == 49:
                session.commit()
        session.commit()
    with Session(engine) as session:
        per_customer = session.execute(
            select(Order.customer, func.count(), func.sum(Line.amount)).join(Line).group_by(Order.customer)
        ).all()
        print(sorted(per_customer)[:4])
        loaded = session.execute(select(Order).options(joinedload(Order.lines))).unique().scalars().all()
        print(len(loaded), sum(line.amount for order in loaded for line in order.lines))
        for order in loaded[::3]:
            session.delete(order)
        session.commit()
        print(session.execute(select(func.count()).select_from(Line)).scalar())
    print(len(statements), "statements of", sum(statements), "characters")


if __name__ == "__main__":
    main()
